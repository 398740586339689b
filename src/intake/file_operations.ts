import { link, lstat, readdir, readFile, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, syncDirectory } from '../kernel/private_files.js';
import { fileKind } from './names.js';

/** SQLite's auxiliary files next to a `.session` file; a JSON file has none. */
export function sideFilesOf(sessionFile: string): string[] {
  if (fileKind(sessionFile) !== 'session') return [];
  return ['-journal', '-wal', '-shm'].map((suffix) => `${sessionFile}${suffix}`);
}

/** Removes these files durably; a missing one is not an error. @throws the file system's error. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  const changed: string[] = [];
  for (const path of paths) {
    if ((await unlessGone(() => unlink(path).then(() => path))) !== null) changed.push(path);
  }
  await syncDirectories(changed);
}

/** Removes those of these directories that are empty, but never the root. Never rejects. */
export async function removeIfEmpty(directories: readonly string[], root: string): Promise<void> {
  for (const directory of new Set(directories)) {
    // A directory that cannot be removed does not matter.
    if (directory !== root) await rmdir(directory).catch(() => undefined);
  }
}

/** The result of a call; null: there is no such file. @throws any other error. */
export async function unlessGone<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null;
    throw error;
  }
}

/** A file's old and new path; absolute, on one file system. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/**
 * Renames all of these files or none, and never replaces anything. Returns the path that is taken; null: all are
 * renamed, durably. Each file has its old name, its new one, or for a moment both.
 *
 * @throws the file system's error; the files then have their old names, as far as possible.
 */
export async function renameAll(renamings: readonly Renaming[]): Promise<string | null> {
  const linked: Renaming[] = [];
  try {
    for (const renaming of renamings) {
      if (!(await linkTo(renaming))) {
        await unlinkNew(linked);
        return renaming.to;
      }
      linked.push(renaming);
    }
    await syncDirectories(renamings.map(({ to }) => to));
    for (const { from } of renamings) await unlessGone(() => unlink(from));
    await syncDirectories(renamings.map(({ from }) => from));
    return null;
  } catch (error) {
    await unlinkNew(linked);
    throw error;
  }
}

/** Adds the new name to a file; false: it is taken. */
async function linkTo({ from, to }: Renaming): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Never rejects: the caller must get the original error. No file loses its only name. */
async function unlinkNew(renamings: readonly Renaming[]): Promise<void> {
  for (const { from, to } of renamings) {
    try {
      await linkTo({ from: to, to: from });
      if ((await lstat(from)).ino === (await lstat(to)).ino) await unlink(to);
    } catch {
      // It keeps the new name.
    }
  }
}

/** Writes a file durably, replacing what was there. */
export type WriteFile = (place: string, bytes: Uint8Array) => Promise<void>;

/**
 * Replaces the bytes of a session's file, an absolute path, and removes SQLite's auxiliary files of the old ones,
 * which would corrupt the new. Resolves to a function that restores everything.
 *
 * @throws the file system's error; everything is then restored, as far as possible.
 */
export async function replaceFile(
  place: string,
  bytes: Uint8Array,
  write: WriteFile,
): Promise<() => Promise<void>> {
  const before = await readFile(place);
  const sideFiles = await readThose(sideFilesOf(place));
  const restoreSideFiles = async () => {
    for (const [file, content] of sideFiles) await write(file, content);
  };
  try {
    await removeFiles([...sideFiles.keys()]);
    await write(place, bytes);
  } catch (error) {
    await restoreSideFiles().catch(() => undefined);
    throw error;
  }
  return async () => {
    await restoreSideFiles();
    await write(place, before);
  };
}

/** The bytes of the existing ones of these files. @throws the file system's error. */
async function readThose(paths: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const path of paths) {
    const bytes = await unlessGone(() => readFile(path));
    if (bytes !== null) found.set(path, bytes);
  }
  return found;
}

async function syncDirectories(paths: readonly string[]): Promise<void> {
  for (const directory of new Set(paths.map((path) => dirname(path)))) await syncDirectory(directory);
}

/** Writing a file takes seconds; an older temporary file was left by a stop. In milliseconds. */
const LEFTOVER_MS = 3_600_000;

/** The name of a session file until it is complete: hidden, so that nothing mistakes it for a session. */
export function temporaryName(id: string): string {
  return `.telegate-${id}.tmp`;
}

/**
 * Removes the files that a stop during writing left in the sessions directory, which contain auth keys. `now`: the
 * wall clock, in milliseconds. An unreadable directory is skipped.
 */
export async function removeLeftovers(root: string, now: number): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((name) => /^\.telegate-[\w-]+\.tmp$/.test(name))) {
    const path = join(root, name);
    const writtenAt = await lstat(path).then(
      (stats) => stats.mtimeMs,
      () => now,
    );
    if (now - writtenAt >= LEFTOVER_MS) await rm(path, { force: true });
  }
}
