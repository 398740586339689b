import { realpathSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SessionsDirectoryUnreadable, systemCode } from './errors.js';

/** The sessions directory as it is on disk now. */
export interface SessionsRoot {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** `st_dev` in decimal: tells a mounted disk from the empty directory it is mounted on. */
  readonly device: string;
}

/** Finds the sessions directory. Throws SessionsDirectoryUnreadable where there is none. */
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
 * Makes sure that what was just looked at is still the sessions directory: a disk that is unmounted in
 * between looks like one whose files are gone. Throws SessionsDirectoryUnreadable if it is not.
 */
export function confirmRoot(directory: string, root: SessionsRoot): void {
  const now = openRoot(directory);
  if (now.path === root.path && now.device === root.device) return;
  throw new SessionsDirectoryUnreadable(directory, 'it was replaced while it was looked at');
}

/** The absolute path of a path relative to the root; `''` is the root itself. */
export function absolute(root: string, path: string): string {
  return path === '' ? root : `${root}/${path}`;
}

/**
 * The real path behind a path relative to the root, every symbolic link followed; null: it leads out of
 * the root. Throws the system's error where nothing is there.
 */
export function realPathInside(root: string, path: string): string | null {
  const real = realpathSync.native(resolve(root, `./${path}`));
  return real === root || real.startsWith(root === '/' ? root : `${root}/`) ? real : null;
}

/** What a thing on disk is, when it is not a regular file. */
export function describeKind(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return stats.isSymbolicLink() ? 'a symbolic link' : 'a device';
}
