import { lstat, opendir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { BadRequest, Failed } from '../errors.js';
import { fileKind, nameRefusal, standsFor } from './names.js';
import { unlessGone } from './removing.js';
import { foldedName } from './session_name.js';
import { absolute, realPathInside } from './sessions_root.js';

/** The directory part of a session's name or of a path, relative to the root, which is `''`. */
export function directoryOf(path: string): string {
  const directory = dirname(path);
  return directory === '.' ? '' : directory;
}

/**
 * What keeps files of this name from making a session of their own, relative to the root: they would be part
 * of that one, or are called the same but for case. Null: nothing. `root`: the real path of the sessions
 * directory. `own`: paths relative to it that don't count, since they belong to it.
 *
 * @throws BadRequest for what can't be a session's name; Failed for a directory that is not walked; the
 * system's error where it can't be listed.
 */
export async function obstacleTo(root: string, name: string, own: readonly string[]): Promise<string | null> {
  const refused = nameRefusal(name) ?? (standsFor(`${name}.session`, name) ? null : 'it names another file');
  if (refused !== null) throw new BadRequest(`"${name}" can't be a session's name: ${refused}`);
  const directory = directoryOf(name);
  if (realPathInside(root, directory) !== absolute(root, directory)) {
    throw new Failed(`${directory} in the sessions directory is a symbolic link, and not searched`);
  }
  return obstacleIn(root, directory, basename(name), new Set(own));
}

async function obstacleIn(root: string, directory: string, name: string, own: ReadonlySet<string>) {
  const wanted = foldedName(name);
  for await (const entry of await opendir(absolute(root, directory), { bufferSize: 1000 })) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    const kind = fileKind(entry.name);
    const stem = kind === null ? null : entry.name.slice(0, -(kind.length + 1));
    if (stem !== null && foldedName(stem) === wanted && !own.has(path)) return path;
    if (directory !== '' || !entry.isDirectory() || foldedName(entry.name) !== wanted) continue;
    const inside = await doubled(root, entry.name, own);
    if (inside !== null) return inside;
  }
  return null;
}

/** `X/X.session` is the session X. */
async function doubled(root: string, name: string, own: ReadonlySet<string>): Promise<string | null> {
  for (const ending of ['session', 'json']) {
    const path = `${name}/${name}.${ending}`;
    if (!own.has(path) && (await unlessGone(() => lstat(absolute(root, path)))) !== null) return path;
  }
  return null;
}
