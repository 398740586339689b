import { readFile, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, syncDirectory } from '../kernel/private_files.js';
import { fileKind } from './names.js';

/** The files that SQLite keeps beside a `.session` file; a JSON file has none. */
export function besideOf(sessionFile: string): string[] {
  if (fileKind(sessionFile) !== 'session') return [];
  return ['-journal', '-wal', '-shm'].map((suffix) => `${sessionFile}${suffix}`);
}

/** The bytes of those of these files that are there. @throws the file system's error. */
export async function readThose(paths: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const path of paths) {
    const bytes = await unlessGone(() => readFile(path));
    if (bytes !== null) found.set(path, bytes);
  }
  return found;
}

/** Removes these files for good; what is not there is as well. @throws the file system's error. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  const changed = new Set<string>();
  for (const path of paths) {
    if ((await unlessGone(() => unlink(path).then(() => path))) !== null) changed.add(dirname(path));
  }
  for (const directory of changed) await syncDirectory(directory);
}

/** Removes those of these directories that are empty, but never the root. Never rejects. */
export async function removeIfEmpty(directories: readonly string[], root: string): Promise<void> {
  for (const directory of new Set(directories)) {
    // One that stays, for whatever reason, holds nothing up.
    if (directory !== root) await rmdir(directory).catch(() => undefined);
  }
}

/** What a call gives; null: there is no such file. @throws any other error. */
export async function unlessGone<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null;
    throw error;
  }
}
