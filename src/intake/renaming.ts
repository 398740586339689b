import { link, lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, syncDirectory } from '../kernel/private_files.js';
import { unlessGone } from './removing.js';

/** A file's name and the one it is to have; absolute paths on one file system. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/**
 * Renames all of these files or none of them, and never in place of anything: the path that is taken; null:
 * all is done, also after a power cut. Each file has its old name, its new one, or for a moment both.
 *
 * @throws the file system's error; the files then have their old names, if it let them.
 */
export async function renameAll(renamings: readonly Renaming[]): Promise<string | null> {
  const begun: Renaming[] = [];
  try {
    for (const renaming of renamings) {
      if (!(await isAlsoCalled(renaming))) {
        await takeBack(begun);
        return renaming.to;
      }
      begun.push(renaming);
    }
    await syncDirectories(renamings.map(({ to }) => to));
    for (const { from } of renamings) await unlessGone(() => unlink(from));
    await syncDirectories(renamings.map(({ from }) => from));
    return null;
  } catch (error) {
    await takeBack(begun);
    throw error;
  }
}

/** Gives a file its new name as well; false: that is taken. */
async function isAlsoCalled({ from, to }: Renaming): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Never rejects: what led here is what the caller must hear of. No file loses its only name. */
async function takeBack(renamings: readonly Renaming[]): Promise<void> {
  for (const { from, to } of renamings) {
    try {
      await isAlsoCalled({ from: to, to: from });
      if ((await lstat(from)).ino === (await lstat(to)).ino) await unlink(to);
    } catch {
      // It keeps the new name.
    }
  }
}

async function syncDirectories(paths: readonly string[]): Promise<void> {
  for (const directory of new Set(paths.map((path) => dirname(path)))) await syncDirectory(directory);
}
