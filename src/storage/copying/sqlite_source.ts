import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { SQLITE_MIGRATIONS } from '../../project.js';
import { DatabaseRefused } from '../refused.js';
import { refuseOtherVersion } from '../schema_version.js';
import { appliedToSqlite } from '../sqlite/applied.js';
import { takeLock } from '../sqlite/lock.js';
import { checkDatabase } from '../sqlite/soundness.js';
import type { CopySource } from './ends.js';
import { readSqlite } from './sqlite_rows.js';

/**
 * Opens a file to be copied, locked as a service would lock it.
 * @throws DatabaseRefused when it is not there, damaged, in use, or of another version; nothing was changed.
 */
export function openSqliteSource(path: string): CopySource {
  if (!existsSync(path)) throw new DatabaseRefused(`${path} does not exist.`);
  const lock = takeLock(path);
  try {
    checkDatabase(path, null);
    const sqlite = openForReading(path);
    return {
      mark: null,
      rows: (table) => readSqlite(sqlite, table),
      highestId: async ({ name }) => highestId(sqlite, name),
      async close() {
        sqlite.close();
        lock.forget();
      },
    };
  } catch (error) {
    lock.forget();
    throw error;
  }
}

function openForReading(path: string): Database.Database {
  const sqlite = new Database(path, { fileMustExist: true });
  try {
    sqlite.pragma('query_only = ON');
    refuseOtherVersion(path, SQLITE_MIGRATIONS, appliedToSqlite(sqlite));
    // Keys may be made beside a service without its lock: all that is read is of one instant.
    sqlite.exec('BEGIN');
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

function highestId(sqlite: Database.Database, table: string): number {
  const highest = sqlite
    .prepare(
      `SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0),
        coalesce((SELECT max(id) FROM "${table}"), 0))`,
    )
    .pluck();
  return Number(highest.get(table));
}
