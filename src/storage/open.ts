import type { Logger } from 'winston';
import type { TimeSource } from '../clock.js';
import type { Database } from './database.js';
import type { DatabaseTarget } from './target.js';

/** What a database takes from the world around it. */
export interface DatabaseSurroundings {
  readonly logger: Logger;
  readonly time: TimeSource;
  /** It is `time` that counts, not the server's clock: for one process whose time is in somebody's hands. */
  readonly ownTime?: boolean;
  /** 1: a transaction a request, to measure what sharing one brings. SQLite only. */
  readonly maxBatch?: number;
}

/** Opens the database, its schema up to date. Only the driver that is needed is loaded. @throws DatabaseRefused. */
export async function openDatabase(target: DatabaseTarget, around: DatabaseSurroundings): Promise<Database> {
  if (target.kind === 'sqlite') return (await import('./sqlite/opening.js')).openSqlite(target, around);
  return (await import('./postgres/opening.js')).openPostgres(target, around);
}

/**
 * Opens the database for a moment, whether a service runs on it or not.
 * @throws DatabaseRefused when it is not there, or not of this version.
 */
export async function openDatabaseBeside(
  target: DatabaseTarget,
): Promise<Pick<Database, 'access' | 'close'>> {
  if (target.kind === 'sqlite') return (await import('./sqlite/opening.js')).openSqliteBeside(target);
  return (await import('./postgres/beside.js')).openPostgresBeside(target);
}
