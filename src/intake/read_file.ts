import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { systemCode } from './errors.js';
import { realPathInside } from './sessions_root.js';

/** A file's bytes, or in plain words why they can't be had now. */
export type FileReading =
  | { readonly bytes: Buffer; readonly unsettled: null }
  | { readonly bytes: null; readonly unsettled: string };

/** What follows a SQLite file's name in the names of the files that its writer keeps beside it. */
const writersFiles = ['-journal', '-wal'];

/**
 * Reads a file inside the root, given by its relative path, all of it as it was at one moment. Opens it
 * for reading only, takes no lock and waits for nobody. Unsettled: gone, not readable, no regular file,
 * over `maxBytes`, outside the root, or changed while it was read. Throws nothing.
 */
export function readFileInside(root: string, path: string, maxBytes: number): FileReading {
  try {
    const real = realPathInside(root, path);
    return real === null ? unsettled('leads out of the sessions directory') : readReal(real, maxBytes);
  } catch (error) {
    return unsettled(systemCode(error));
  }
}

/**
 * Whether another program is in the middle of writing the SQLite file at this relative path, or stopped
 * there: what is not in its journal or log yet may be nowhere (sqlite.org/tempfiles.html).
 */
export function isBeingWritten(root: string, path: string): boolean {
  try {
    const real = realPathInside(root, path);
    return writersFiles.some(
      (suffix) => (statSync(`${real}${suffix}`, { throwIfNoEntry: false })?.size ?? 0) > 0,
    );
  } catch {
    // What can't be looked at is not known to be finished.
    return true;
  }
}

function readReal(real: string, maxBytes: number): FileReading {
  // A FIFO put in the file's place would hold an open without O_NONBLOCK for ever.
  const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(descriptor);
    if (!before.isFile()) return unsettled('not a regular file');
    if (before.size > maxBytes) return unsettled(`${before.size} bytes, over the limit of ${maxBytes}`);
    const bytes = readAll(descriptor, before.size);
    if (bytes === null || !isSame(before, fstatSync(descriptor)))
      return unsettled('changed while it was read');
    // O_NOFOLLOW guards the last part of the path only.
    if (realpathSync.native(real) !== real) return unsettled('moved while it was read');
    return { bytes, unsettled: null };
  } finally {
    closeSync(descriptor);
  }
}

/** Null: the file ended early. */
function readAll(descriptor: number, size: number): Buffer | null {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) return null;
    filled += count;
  }
  return bytes;
}

function isSame(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

function unsettled(reason: string): FileReading {
  return { bytes: null, unsettled: reason };
}
