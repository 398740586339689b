import type { Database, DatabaseDependencies } from './database.js';
import type { DatabaseTarget } from './database_url.js';

/** Opens the database, its schema up to date. Only the driver that is needed is loaded. @throws DatabaseRefused. */
export async function openDatabase(target: DatabaseTarget, around: DatabaseDependencies): Promise<Database> {
  if (target.kind === 'sqlite') return (await import('./sqlite/opening.js')).openSqlite(target, around);
  return (await import('./postgres/opening.js')).openPostgres(target, around);
}

/**
 * Opens the database for a moment, whether a service runs on it or not.
 * @throws DatabaseRefused when it is not there, or not of this version.
 */
export async function openSideConnection(
  target: DatabaseTarget,
): Promise<Pick<Database, 'access' | 'audit' | 'close'>> {
  if (target.kind === 'sqlite') return (await import('./sqlite/opening.js')).openSqliteSideConnection(target);
  return (await import('./postgres/opening.js')).openPostgresSideConnection(target);
}
