import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The error codes of the file system and SQLite for a full disk or quota. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** SQLite's codes that also have other causes: they mean full only if no space is left. */
const PERHAPS_FULL = /^SQLITE_(IOERR|CANTOPEN)/;

/** Less than SQLite needs for its smallest write, in bytes. */
const NOTHING_BYTES = 64 * 1024;

/** Whether `error`, or its cause, means that the disk of `directory` is full. */
export function isDiskFull(error: unknown, directory: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) return true;
  return (
    (PERHAPS_FULL.test(code) && freeBytes(directory) < NOTHING_BYTES) || isDiskFull(error.cause, directory)
  );
}

/** No space is left for something that has to be written; the message names the path and says what to do. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';

  constructor(cause: unknown, directory: string) {
    const path = cause instanceof Error && 'path' in cause ? String(cause.path) : directory;
    super(`${path} ${noSpaceLeft()}`, { cause });
  }
}

/** Appended to the path that could not be written. */
export function noSpaceLeft(): string {
  return "can't be written: no space is left on its disk. Free some space (64 MiB is a good start), or set DATA_DIR to another disk.";
}

/** The free space on the disk of `directory`, in bytes; Infinity if unknown. */
export function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The nearest directory that exists: where the disk is on which the path will be. */
export function existingDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingDirectory(dirname(path));
}
