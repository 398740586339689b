import { lstatSync, type Stats, statSync } from 'node:fs';
import { systemCode } from './errors.js';
import { maxJsonBytes } from './formats/json_file.js';
import type { FileKind } from './names.js';
import { absolute, describeKind, realPathInside } from './sessions_root.js';

/** Why a symbolic link out of the sessions directory is refused. */
export const leadsOut = 'symbolic link leads out of the sessions directory';

/** Which files stand for sessions. */
export interface FileLimits {
  /** The real path of the sessions directory. */
  readonly root: string;
  /** The largest session file that is read. */
  readonly maxBytes: number;
}

/**
 * A path, looked at without opening it: a file that can stand for a session, with a print that differs
 * after any change to it, or why it can't.
 */
export type Look =
  | { readonly print: string; readonly refused: null }
  | { readonly print: null; readonly refused: string };

/**
 * Looks at a path relative to the root. A symbolic link counts as the file it leads to, as long as that
 * lies inside the root. Null: there is nothing to speak of. Throws the system's error where the path can't
 * be looked at at all (no right to search its directory, a disk that fails), since that says nothing about
 * the file.
 */
export function lookAt(path: string, kind: FileKind, limits: FileLimits): Look | null {
  const own = lstatSync(absolute(limits.root, path), { throwIfNoEntry: false });
  if (own === undefined) return null;
  if (own.isSymbolicLink()) return followLink(path, kind, limits);
  return judge(own, kind, limits);
}

function followLink(path: string, kind: FileKind, limits: FileLimits): Look | null {
  try {
    const real = realPathInside(limits.root, path);
    return real === null ? { print: null, refused: leadsOut } : judge(statSync(real), kind, limits);
  } catch (error) {
    return { print: null, refused: `symbolic link leads nowhere: ${systemCode(error)}` };
  }
}

function judge(stats: Stats, kind: FileKind, limits: FileLimits): Look | null {
  if (!stats.isFile()) return { print: null, refused: `${describeKind(stats)}, not a regular file` };
  const tooLarge = stats.size > (kind === 'json' ? maxJsonBytes : limits.maxBytes);
  // The print and not the Stats: walks keep as many as there are files, and a Stats holds four dates.
  if (!tooLarge) return { print: `${stats.size}:${stats.mtimeMs}:${stats.ino}`, refused: null };
  if (kind === 'json') return null;
  return { print: null, refused: `${stats.size} bytes, over the limit of ${limits.maxBytes}` };
}
