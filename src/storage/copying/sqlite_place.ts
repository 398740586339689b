import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { takeLock } from '../sqlite/lock.js';
import { refuseOccupiedFile } from './occupied_file.js';

/** Where a new file is to be: nobody else uses the place until it is left. */
export interface Place {
  /** The file to be written, empty and for its owner only. */
  readonly partial: string;
  /** Puts what was written where it belongs, durably, and leaves. */
  fill(): void;
  /** Leaves it as it was found. */
  clear(): void;
}

/**
 * Reserves the place of a file. One that is there already may have no rows.
 * @throws DatabaseRefused when it has some, or is not one of ours, or is in use.
 */
export function reserve(path: string): Place {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(path);
  const partial = `${path}.partial`;
  try {
    if (existsSync(path) && statSync(path).size > 0) refuseOccupiedFile(path);
    // That of a copy that was killed: with the lock, nobody is at it.
    remove(partial);
    closeSync(openSync(partial, 'wx', 0o600));
  } catch (error) {
    lock.forget();
    throw error;
  }
  return {
    partial,
    fill() {
      sync(partial);
      // A log that was left beside an empty database is not one of the new one.
      removeLogs(path);
      renameSync(partial, path);
      sync(dirname(path));
      lock.release();
    },
    clear() {
      remove(partial);
      lock.forget();
    },
  };
}

function remove(file: string): void {
  rmSync(file, { force: true });
  removeLogs(file);
}

function removeLogs(file: string): void {
  for (const end of ['-journal', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
