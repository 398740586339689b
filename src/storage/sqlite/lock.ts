import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { isDiskFull, noSpaceLeft } from '../../disk_full.js';
import { DatabaseRefused } from '../refused.js';

/** Keeps other processes from a database. */
export interface Lock {
  release(): void;
  /** Leaves no trace: the lock's file goes, if taking the lock made it. */
  forget(): void;
}

/**
 * Locks the database at `path` for this process. The operating system lifts the lock when the process ends,
 * however it ends. @throws DatabaseRefused when another process has it.
 */
export function takeLock(path: string): Lock {
  const lockPath = `${path}.lock`;
  const known = existsSync(lockPath);
  const lock = exclusive(lockPath, path);
  return {
    release: () => lock.close(),
    forget: () => {
      lock.close();
      if (!known) rmSync(lockPath, { force: true });
    },
  };
}

function exclusive(lockPath: string, path: string): Database.Database {
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
    if (isDiskFull(error, dirname(path)))
      throw new DatabaseRefused(`${lockPath} ${noSpaceLeft()}`, { cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseRefused(`${lockPath} can't be opened: ${reason}`, { cause: error });
  }
}
