import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Failed } from '../errors.js';
import { leadsOut } from './look_at.js';
import { nameOf } from './names.js';
import { absolute, realPathInside } from './sessions_root.js';

/** A session's file on disk. */
export interface Located {
  /** Absolute; its directory without symbolic links. The file itself may be one, which leads nowhere outside. */
  readonly path: string;
  readonly isLink: boolean;
}

/**
 * Where a session's file lies, by its path relative to the root; whether it is there does not matter.
 * @throws Failed for a path that no session can have or that leads out of the root; the system's error where
 * its directory can't be looked at.
 */
export function locate(root: string, path: string): Located {
  const naming = nameOf(path);
  if ('refused' in naming) throw new Failed(`"${path}" is no session's file: ${naming.refused}`);
  const directory = realPathInside(root, dirname(path));
  if (directory === null) throw new Failed(`Session file ${path} is not touched: ${leadsOut}`);
  const located = absolute(directory, basename(path));
  const isLink = lstatSync(located, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink && realPathInside(root, path) === null) {
    throw new Failed(`Session file ${path} is not touched: ${leadsOut}`);
  }
  return { path: located, isLink };
}
