import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BadRequest, Failed } from '../errors.js';
import { locate } from './located.js';
import { directoryOf } from './obstacles.js';
import { type Renaming, renameAll } from './renaming.js';

/** A session's files, relative to the sessions directory; null: it has no such file. */
export interface SessionPaths {
  readonly file: string | null;
  readonly jsonFile: string | null;
}

/** Makes sure that the name is one in the root or in a directory that the files lie in. @throws BadRequest. */
export function ensureNear(name: string, paths: readonly string[]): void {
  const directory = directoryOf(name);
  if (directory === '' || paths.some((path) => directoryOf(path) === directory)) return;
  throw new BadRequest(`"${name}" is in another directory than the session's files`);
}

/** What is to be renamed so that the first become the second. @throws Failed for a path that can't be. */
export function renamingsOf(root: string, from: SessionPaths, to: SessionPaths): Renaming[] {
  return [
    [from.file, to.file],
    [from.jsonFile, to.jsonFile],
  ].flatMap(([old, fresh]) => {
    if (!old || !fresh || old === fresh) return [];
    const { path, isLink } = locate(root, old);
    // What a relative link leads to depends on where it lies.
    if (isLink && directoryOf(old) !== directoryOf(fresh)) {
      throw new Failed(`Session file ${old} can't be moved: it is a symbolic link`);
    }
    return [{ from: path, to: locate(root, fresh).path }];
  });
}

/** Undoes renamings, the directories that were removed included. @throws Failed where an old name is taken by now. */
export async function renameBack(root: string, renamings: readonly Renaming[]): Promise<void> {
  for (const { from } of renamings) await mkdir(dirname(from), { recursive: true });
  const taken = await renameAll(renamings.map(({ from, to }) => ({ from: to, to: from })));
  if (taken !== null) throw new Failed(`Session file ${taken.slice(root.length + 1)} is there again`);
}
