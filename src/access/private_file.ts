import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts `text` into the file `path`, which only its owner may read (mode 0600), in place of what was there.
 * Whoever reads sees the old text or all of the new one, also after a power cut; once resolved, the new one.
 *
 * @throws the file system's error; the file is then as it was.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await throughTemporary(path, text, (temporary) => rename(temporary, path));
}

/**
 * Like `writePrivateFile`, but never in place of anything: of many that create one path at once, in one
 * process or several, exactly one succeeds. Resolves to whether it was this one.
 *
 * @throws the file system's error, also where it knows no hard links.
 */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  let created = true;
  await throughTemporary(path, text, async (temporary) => {
    try {
      // A rename would overwrite; an exclusive open would show others an empty file first.
      await link(temporary, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      created = false;
    }
  });
  return created;
}

/** Whether `error` is the file system's (or another system call's) of this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

async function throughTemporary(path: string, text: string, place: (temporary: string) => Promise<void>) {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeDurably(temporary, text);
    await place(temporary);
    await syncDirectory(dirname(path));
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without this a power cut may forget the new name, though not the text. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
