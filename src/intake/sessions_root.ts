import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Failed } from '../kernel/errors.js';
import { SessionsDirectoryUnreadable, systemCode } from './errors.js';
import { maxJsonBytes } from './formats/json_file.js';
import { type FileKind, nameOf } from './names.js';

/** Why a symbolic link out of the sessions directory is refused. */
export const LEADS_OUT = 'symbolic link leads out of the sessions directory';

/** The current sessions directory on disk. */
export interface SessionsRoot {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** `st_dev` in decimal: distinguishes a mounted disk from the empty directory that it is mounted on. */
  readonly device: string;
}

/** Finds the sessions directory. @throws SessionsDirectoryUnreadable if there is none. */
export function openRoot(directory: string): SessionsRoot {
  try {
    const path = realpathSync.native(directory);
    const stats = statSync(path);
    if (stats.isDirectory()) return { path, device: String(stats.dev) };
  } catch (error) {
    throw new SessionsDirectoryUnreadable(directory, systemCode(error));
  }
  throw new SessionsDirectoryUnreadable(directory, 'ENOTDIR');
}

/**
 * Makes sure that what was just listed is still the sessions directory: a disk that is unmounted in between
 * looks like one whose files are gone. @throws SessionsDirectoryUnreadable if it is not.
 */
export function confirmRoot(directory: string, root: SessionsRoot): void {
  const now = openRoot(directory);
  if (now.path === root.path && now.device === root.device) return;
  throw new SessionsDirectoryUnreadable(directory, 'it was replaced while it was being listed');
}

/** The absolute path of a path relative to the root; `''` is the root itself. */
export function absolute(root: string, path: string): string {
  return path === '' ? root : `${root}/${path}`;
}

/**
 * The real path behind a path relative to the root, every symbolic link followed; null: it leads out of
 * the root. @throws the system's error where nothing is there.
 */
export function realPathInside(root: string, path: string): string | null {
  const real = realpathSync.native(resolve(root, `./${path}`));
  return real === root || real.startsWith(root === '/' ? root : `${root}/`) ? real : null;
}

/** A session's file on disk. */
export interface LocatedFile {
  /** Absolute; its directory without symbolic links. The file itself may be one that stays inside the root. */
  readonly path: string;
  readonly isLink: boolean;
}

/**
 * The place of a session's file, by its path relative to the root; the file need not be there.
 * @throws Failed for a path that no session can have or that leads out of the root; the system's error where
 * its directory can't be searched.
 */
export function locate(root: string, path: string): LocatedFile {
  const naming = nameOf(path);
  if ('refused' in naming)
    throw new Failed(`"${path}" is not a session file: ${naming.refused}`, { code: 'session_file_unusable' });
  const directory = realPathInside(root, dirname(path));
  if (directory === null)
    throw new Failed(`Session file ${path} can't be used: ${LEADS_OUT}`, { code: 'session_file_unusable' });
  const located = absolute(directory, basename(path));
  const isLink = lstatSync(located, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink && realPathInside(root, path) === null) {
    throw new Failed(`Session file ${path} can't be used: ${LEADS_OUT}`, { code: 'session_file_unusable' });
  }
  return { path: located, isLink };
}

/** Which files can be sessions. */
export interface FileLimits {
  /** The real path of the sessions directory. */
  readonly root: string;
  /** The largest session file that is read. */
  readonly maxBytes: number;
}

/**
 * What a path holds, told without opening it: a file that can be a session's, with a fingerprint that differs
 * after any change to it, or why it can't be one.
 */
export type FileStatus =
  | { readonly fingerprint: string; readonly refused: null }
  | { readonly fingerprint: null; readonly refused: string };

/**
 * Checks a path relative to the root. A symbolic link counts as the file it leads to, as long as that lies
 * inside the root. Null: there is nothing worth mentioning. @throws the system's error where the path can't be
 * checked at all (no right to search its directory, a disk that fails): that says nothing about the file.
 */
export function fileStatus(path: string, kind: FileKind, limits: FileLimits): FileStatus | null {
  const own = lstatSync(absolute(limits.root, path), { throwIfNoEntry: false });
  if (own === undefined) return null;
  if (own.isSymbolicLink()) return linkStatus(path, kind, limits);
  return statusOf(own, kind, limits);
}

function linkStatus(path: string, kind: FileKind, limits: FileLimits): FileStatus | null {
  try {
    const real = realPathInside(limits.root, path);
    return real === null ? refusedAs(LEADS_OUT) : statusOf(statSync(real), kind, limits);
  } catch (error) {
    return refusedAs(`broken symbolic link: ${systemCode(error)}`);
  }
}

function statusOf(stats: Stats, kind: FileKind, limits: FileLimits): FileStatus | null {
  if (!stats.isFile()) return refusedAs(`${typeOf(stats)}, not a regular file`);
  const tooLarge = stats.size > (kind === 'json' ? maxJsonBytes : limits.maxBytes);
  // The fingerprint and not the Stats: walks keep one for every file, and a Stats holds four dates.
  if (!tooLarge) return { fingerprint: `${stats.size}:${stats.mtimeMs}:${stats.ino}`, refused: null };
  if (kind === 'json') return null;
  return refusedAs(`${stats.size} bytes, over the limit of ${limits.maxBytes}`);
}

function refusedAs(reason: string): FileStatus {
  return { fingerprint: null, refused: reason };
}

function typeOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return stats.isSymbolicLink() ? 'a symbolic link' : 'a device';
}
