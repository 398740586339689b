import type { Database, DatabaseDependencies } from './database.js';
import type { DatabaseTarget } from './database_url.js';
import type { Repositories } from './repositories/repositories.js';

/** Opens the database and upgrades its schema. Only the required driver is loaded. @throws DatabaseRefused. */
export async function openDatabase(target: DatabaseTarget, around: DatabaseDependencies): Promise<Database> {
  if (target.kind === 'sqlite') return (await import('./sqlite/opening.js')).openSqlite(target, around);
  return (await import('./postgres/opening.js')).openPostgres(target, around);
}

/** A brief connection next to the services that use the database. */
export type SideConnection = Repositories & Pick<Database, 'close'>;

/**
 * Opens the database briefly, whether a service is using it or not.
 * @throws DatabaseRefused if it does not exist, or has another version.
 */
export async function openSideConnection(target: DatabaseTarget): Promise<SideConnection> {
  if (target.kind === 'sqlite') return (await import('./sqlite/opening.js')).openSqliteSideConnection(target);
  return (await import('./postgres/opening.js')).openPostgresSideConnection(target);
}
