import { SQLITE_MIGRATIONS } from '../../project.js';
import { Alone } from '../../replicas/alone.js';
import type { Database, DatabaseSurroundings } from '../database.js';
import { restoreClock, saveClock } from '../saved_clock.js';
import type { SqliteTarget } from '../target.js';
import { SqliteDatabase } from './database.js';

/** Opens the file for this process alone. @throws DatabaseRefused. */
export async function openSqlite(
  { file }: SqliteTarget,
  { time, maxBatch }: DatabaseSurroundings,
): Promise<Database> {
  const database = await SqliteDatabase.open({
    path: file,
    migrations: SQLITE_MIGRATIONS,
    ...(maxBatch === undefined ? {} : { maxBatch }),
  });
  try {
    const clock = await restoreClock(database.access, time);
    const { pool, intake, access, sessions, logins, sources, runs } = database;
    return {
      ...{ pool, intake, access, sessions, logins, sources, runs, clock },
      signals: database,
      replicas: new Alone(),
      shared: false,
      touch: () => saveClock(access, clock),
      close: () => database.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens the file that another process may be serving. @throws DatabaseRefused. */
export function openSqliteBeside({ file: path }: SqliteTarget): Promise<SqliteDatabase> {
  return SqliteDatabase.open({ path, migrations: SQLITE_MIGRATIONS, beside: true });
}
