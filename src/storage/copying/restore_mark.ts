import Database from 'better-sqlite3';
import type { DatabaseTarget } from '../database_url.js';
import { examine } from '../examination.js';
import { openSideConnection } from '../open.js';

/** The database key for the id of the restore that made it. */
const MARK = 'restore.id';

/** Writes the id of a restore into a SQLite file that is to be copied: whether the copy was committed shows by it. */
export function markRestored(file: string, id: string): void {
  const sqlite = new Database(file, { fileMustExist: true });
  try {
    sqlite
      .prepare(
        'INSERT INTO key_value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      )
      .run(MARK, id);
  } finally {
    sqlite.close();
  }
}

/**
 * The id of the restore that made this database; null: it was not restored, or there is none.
 * @throws DatabaseRefused if it can't be reached.
 */
export async function restoreMarkOf(database: DatabaseTarget): Promise<string | null> {
  const { schema } = await examine(database);
  if (schema !== 'current') return null;
  const connection = await openSideConnection(database);
  try {
    return await connection.access.value(MARK);
  } finally {
    await connection.close();
  }
}

/** The names of all sessions of a SQLite file. */
export function sessionNamesIn(file: string): ReadonlySet<string> {
  const sqlite = new Database(file, { readonly: true });
  try {
    return new Set(sqlite.prepare<[], string>('SELECT name FROM sessions').pluck().all());
  } finally {
    sqlite.close();
  }
}
