import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config.js';
import { sideFilesOf } from '../../intake/file_operations.js';
import { fileKind, nameOf } from '../../intake/names.js';
import { openRoot, realPathInside } from '../../intake/sessions_root.js';
import { isUnchanged } from '../../intake/sync_rules.js';
import { Walk } from '../../intake/walk.js';
import { hasCode, syncDirectory } from '../../kernel/private_files.js';

/** A file that could not be backed up, and why. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/** A copy of a session's file. */
export interface CopiedFile {
  /** Relative to SESSIONS_DIR, with `/`. */
  readonly path: string;
  readonly copy: string;
  readonly size: number;
}

/** How often a session that a worker is writing is copied again, and after which pause, in milliseconds. */
const ATTEMPTS = 10;
const PAUSE_MS = 200;

/**
 * Copies the files of all sessions below SESSIONS_DIR, one session at a time, into `staging`, where the next session
 * replaces them. A session's files are copied as they were at one moment. A symbolic link is copied as the file that
 * it leads to.
 * @throws SessionsDirectoryUnreadable; the file system's error for a copy that can't be written.
 */
export async function* copySessionFiles(
  { sessionsDir, sessionCheck, sessionFileMaxBytes }: Config,
  staging: string,
): AsyncGenerator<{ readonly files: readonly CopiedFile[]; readonly unreadable: readonly Unreadable[] }> {
  const walk = new Walk({ root: sessionsDir, check: sessionCheck, maxBytes: sessionFileMaxBytes });
  const { path: root } = openRoot(sessionsDir);
  for (const { file, json } of walk.entries()) {
    const paths = [file, json].filter((path) => path !== null);
    try {
      yield { files: await copySession(root, paths, staging), unreadable: [] };
    } catch (error) {
      if (!(error instanceof FileUnreadable)) throw error;
      yield { files: [], unreadable: [{ path: error.path, reason: error.reason }] };
    }
  }
  const rejected = walk.rejections.list.filter(({ file }) => fileKind(file) === 'session');
  yield { files: [], unreadable: rejected.map(({ file: path, reason }) => ({ path, reason })) };
}

class FileUnreadable extends Error {
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}

/** SQLite's journal and WAL are part of a session that is being written; its `-shm` is not. */
const isData = (path: string) => !path.endsWith('-shm');

async function copySession(root: string, paths: readonly string[], staging: string): Promise<CopiedFile[]> {
  const all = paths.flatMap((path) => [path, ...sideFilesOf(path).filter(isData)]);
  for (let attempt = 1; ; attempt += 1) {
    const copied: (CopiedFile & { readonly state: string })[] = [];
    for (const [at, path] of all.entries()) {
      const copy = join(staging, `file-${at}`);
      const file = await copyFile(root, path, copy);
      if (file !== null) copied.push({ path, copy, ...file });
    }
    const after = await Promise.all(all.map((path) => stateOf(root, path)));
    const before = all.map((path) => copied.find((file) => file.path === path)?.state ?? null);
    if (after.every((state, at) => state === before[at])) return copied;
    if (attempt === ATTEMPTS) throw new FileUnreadable(paths[0] ?? '', 'it changed each time it was read');
    await delay(PAUSE_MS);
  }
}

/** What identifies the content of a file; null: there is none. */
async function stateOf(root: string, path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(join(root, path));
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return null;
  }
}

/** Null: there is no such file. @throws FileUnreadable. */
async function copyFile(root: string, path: string, copy: string) {
  const source = await openInside(root, path);
  if (source === null) return null;
  try {
    const before = await source.stat();
    if (!before.isFile()) throw new FileUnreadable(path, 'not a regular file');
    const size = await copyBytes(source, copy);
    // A change while it was read shows in the comparison that follows.
    const unchanged = isUnchanged(before, await source.stat()) && size === before.size;
    return { size, state: unchanged ? `${before.ino}:${before.size}:${before.mtimeMs}` : 'changed' };
  } finally {
    await source.close();
  }
}

async function openInside(root: string, path: string): Promise<FileHandle | null> {
  try {
    const real = realPathInside(root, path);
    if (real === null) throw new FileUnreadable(path, 'leads out of the sessions directory');
    // A FIFO in the file's place would block an open without O_NONBLOCK forever.
    return await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    if (error instanceof FileUnreadable) throw error;
    throw new FileUnreadable(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

async function copyBytes(source: FileHandle, copy: string): Promise<number> {
  const target = await open(copy, 'w', 0o600);
  try {
    let size = 0;
    for await (const chunk of source.createReadStream({ autoClose: false, start: 0 })) {
      await target.writeFile(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return size;
  } finally {
    await target.close();
  }
}

/** Whether this is the path of a session's file, or of SQLite's journal or WAL of one, below SESSIONS_DIR. */
export function isSessionPath(path: string): boolean {
  return sessionNameOf(path) !== null;
}

/** The files of sessions below SESSIONS_DIR, relative to it; none if there is no such directory. */
export function sessionFilesIn({ sessionsDir, sessionCheck, sessionFileMaxBytes }: Config): string[] {
  try {
    const walk = new Walk({ root: sessionsDir, check: sessionCheck, maxBytes: sessionFileMaxBytes });
    const known = [...walk.entries()]
      .flatMap(({ file, json }) => [file, json])
      .filter((path) => path !== null);
    return [...known, ...walk.rejections.list.map(({ file }) => file).filter(isSessionPath)];
  } catch (error) {
    if (error instanceof Error && 'systemCode' in error && error.systemCode === 'ENOENT') return [];
    throw error;
  }
}

/** An unused name in SESSIONS_DIR, hidden so that no scan enters it: `.replaced-1` and so on. */
export async function hiddenDirectory(sessionsDir: string, name: string): Promise<string> {
  const names = await readdir(sessionsDir).catch((): string[] => []);
  let number = 1;
  while (names.includes(`.${name}-${number}`)) number += 1;
  return join(sessionsDir, `.${name}-${number}`);
}

/** These session files, with what SQLite keeps beside them. */
export function withSideFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => [path, ...sideFilesOf(path)]);
}

/** The name of the session that a file belongs to; null: none. */
export function sessionNameOf(path: string): string | null {
  const naming = nameOf(path.replace(/\.session-(journal|wal)$/, '.session'));
  return 'name' in naming ? naming.name : null;
}

/**
 * Moves files between two directories of one file system, keeping their paths; returns those that were there. It can be
 * repeated.
 */
export async function moveAll(paths: readonly string[], from: string, to: string): Promise<string[]> {
  const moved: string[] = [];
  for (const path of paths) {
    await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 });
    try {
      await rename(join(from, path), join(to, path));
      moved.push(path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  for (const directory of new Set(moved.map((path) => dirname(join(to, path)))))
    await syncDirectory(directory);
  return moved;
}
