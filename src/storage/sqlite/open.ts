import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { DatabaseRefused } from './refused.js';

/** Beyond this size only the pages that are read are checked: a whole check would hold up the start. */
const WHOLE_CHECK_BYTES = 64 * 1024 * 1024;

/** An open database and the lock that keeps other processes from it. */
export interface OpenDatabase {
  readonly sqlite: Database.Database;
  close(): void;
}

/**
 * Opens the file at `path` for this process alone, checks it, and brings its schema up to date.
 * @throws DatabaseRefused when another process uses it, when it is damaged, or when it can't be opened.
 */
export function openDatabase(path: string, migrations: string): OpenDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(path);
  try {
    check(path);
    const sqlite = new Database(path);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma('cache_size = -16384');
    sqlite.pragma('wal_autocheckpoint = 4000');
    migrate(drizzle(sqlite), { migrationsFolder: migrations });
    return {
      sqlite,
      close: () => {
        sqlite.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    if (error instanceof DatabaseRefused) throw error;
    throw new DatabaseRefused(`${path} can't be opened: ${reason(error)}`, { cause: error });
  }
}

/** Opens a file that another process may be serving. @throws DatabaseRefused when it is not there, or damaged. */
export function openBeside(path: string): OpenDatabase {
  if (!existsSync(path))
    throw new DatabaseRefused(`${path} does not exist yet: start TeleGate once, it makes it.`);
  check(path);
  const sqlite = new Database(path);
  return { sqlite, close: () => sqlite.close() };
}

/** A lock that the operating system lifts when the process ends, however it ends. */
function takeLock(path: string): Database.Database {
  const lockPath = `${path}.lock`;
  try {
    const lock = new Database(lockPath, { timeout: 0 });
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new DatabaseRefused(
        `${path} is in use by another TeleGate. One process serves a SQLite file: stop the other one, or give this one its own DATA_DIR.`,
      );
    }
    throw new DatabaseRefused(`${lockPath} can't be opened: ${reason(error)}`, { cause: error });
  }
}

/** Reads only: a damaged file is left as it is. */
function check(path: string): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  const whole = statSync(path).size <= WHOLE_CHECK_BYTES;
  let found: unknown;
  try {
    const sqlite = new Database(path, { readonly: true });
    found = whole
      ? sqlite.pragma('quick_check(1)', { simple: true })
      : sqlite.pragma('schema_version') && 'ok';
    sqlite.close();
  } catch (error) {
    found = reason(error);
  }
  if (found !== 'ok') {
    throw new DatabaseRefused(
      `${path} is damaged (${found}). Nothing was changed: restore it from a backup, or move it away to start with an empty one.`,
    );
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
