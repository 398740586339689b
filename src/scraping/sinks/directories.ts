import { mkdir, open, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { hasCode } from '../../kernel/private_files.js';

/** A directory, or a file in one, is reached by way of a symbolic link that leads out of the root. */
export class LeadsOut extends Error {
  override readonly name = 'LeadsOut';
}

/**
 * Makes the directory `path`, relative to `root`, which has to be there, and those above it, one by one; each is
 * there to stay.
 * @throws LeadsOut where a symbolic link leads out of the root; nothing is made beyond it.
 */
export async function makeBelow(root: string, path: string): Promise<void> {
  const realRoot = await realpath(root);
  let directory = root;
  for (const part of path.split('/')) {
    const parent = directory;
    directory = join(parent, part);
    if (await makeOne(directory)) await syncNames(parent);
    if (leadsOut(realRoot, await realpath(directory))) throw new LeadsOut(path);
  }
}

/** Makes a directory in one that is there; resolves to whether it was not there yet. */
async function makeOne(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function leadsOut(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`);
}

/** Makes the names in a directory last, where its file system can say so of directories: not all of a NAS's can. */
export async function syncNames(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    const isUnknown = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'].some((code) =>
      hasCode(error, code),
    );
    if (!isUnknown) throw error;
  } finally {
    await directory.close();
  }
}
