import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { DatabaseRefused } from '../refused.js';

/** Beyond this size only the pages that are read are checked: a whole check would hold up the start. */
const WHOLE_CHECK_BYTES = 64 * 1024 * 1024;

/** Where the header says how the file is written: 2 is WAL, 1 is not (sqlite.org/fileformat.html, 1.3). */
const FORMAT_VERSIONS = [18, 19] as const;

/**
 * Reads the database at `path` through, and leaves it and its directory as they are.
 * @throws DatabaseRefused when it is damaged.
 */
export function checkDatabase(path: string): void {
  const size = sizeOf(path);
  if (size === 0) return;
  const sideFiles = [`${path}-wal`, `${path}-shm`].filter((file) => !existsSync(file));
  // What is in the log is part of the database: only SQLite itself can put the two together.
  const inMemory = size <= WHOLE_CHECK_BYTES && sizeOf(`${path}-wal`) === 0;
  const fault = findFault(() => (inMemory ? image(path) : new Database(path, { readonly: true })), size);
  if (fault === null) return;
  for (const file of sideFiles) rmSync(file, { force: true });
  throw new DatabaseRefused(
    `${path} is damaged (${fault}). Nothing was changed: restore it from a backup, or move it away to start with an empty one.`,
  );
}

function findFault(open: () => Database.Database, size: number): string | null {
  try {
    const sqlite = open();
    try {
      const whole = size <= WHOLE_CHECK_BYTES;
      const found = whole
        ? sqlite.pragma('quick_check(1)', { simple: true })
        : sqlite.pragma('schema_version') && 'ok';
      return found === 'ok' ? null : String(found);
    } finally {
      sqlite.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function image(path: string): Database.Database {
  const bytes = readFileSync(path);
  for (const at of FORMAT_VERSIONS) if (bytes[at] === 2) bytes[at] = 1;
  return new Database(bytes);
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
