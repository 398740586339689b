import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'winston';

/** The content of a file: text as UTF-8, or bytes. */
type Content = string | Uint8Array;

/**
 * Writes `content` to the file `path`, which only its owner may read (mode 0600), replacing what was there. Readers
 * see either the old content or all of the new one, even after a power cut; once resolved, the new one. Until then it
 * is in `temporary`, an unused path in the same directory.
 *
 * @throws the file system's error; the file is then as it was.
 */
export async function writePrivateFile(
  path: string,
  content: Content,
  temporary = temporaryFor(path),
): Promise<void> {
  await throughTemporary(temporary, content, () => rename(temporary, path));
}

/**
 * Like `writePrivateFile`, but never replaces anything: of several that create one path at once, in one process or
 * several, exactly one succeeds. Resolves to whether it was this one.
 *
 * @throws the file system's error, also if it does not support hard links.
 */
export async function createPrivateFile(
  path: string,
  content: Content,
  temporary = temporaryFor(path),
): Promise<boolean> {
  let created = false;
  await throughTemporary(temporary, content, async () => {
    created = await linkNew(temporary, path, link);
  });
  return created;
}

/** What `link` fails with on a disk without hard links. */
const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Moves a complete file to the name `path`, in the same file system, unless that is taken. Resolves to whether it was
 * free. On a disk without hard links, a file that appears under this name at the very moment is replaced.
 *
 * @throws the file system's error; both are then as they were.
 */
export async function placeNew(temporary: string, path: string, linking = link): Promise<boolean> {
  try {
    if (!(await linkNew(temporary, path, linking))) return false;
  } catch (error) {
    if (!NO_HARD_LINKS.some((code) => hasCode(error, code))) throw error;
    if (existsSync(path)) return false;
    await rename(temporary, path);
    return true;
  }
  await rm(temporary);
  return true;
}

/** Gives a file a second name, unless that is taken; resolves to whether it was free. */
async function linkNew(file: string, path: string, linking: typeof link): Promise<boolean> {
  try {
    // A rename would overwrite; an exclusive open would show others an empty file first.
    await linking(file, path);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  }
}

/** Whether `error` is a system error with this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** Makes the names in a directory durable: without this, a power cut may lose a new one or bring an old one back. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function temporaryFor(path: string): string {
  return `${path}.${randomUUID()}.tmp`;
}

async function throughTemporary(temporary: string, content: Content, place: () => Promise<void>) {
  try {
    await writeDurably(temporary, content);
    await place();
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(temporary));
}

async function writeDurably(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The permissions of a file for everyone but its owner. */
const OTHERS = 0o077;

/** A directory shared by many users, such as /tmp: its permissions must not be changed. */
const SHARED = 0o1000;

/** The service's own files in the directory, including those that were moved aside. */
const OWN_FILE = /^(telegate\.db|encryption\.key|admin\.key)/;

/**
 * Creates the directory if necessary, and removes other users' access to it and to the service's files in it, which
 * include keys and sessions. Logs that, and also if it fails.
 * @throws the file system's error if the directory can't be created.
 */
export async function makePrivate(directory: string, logger: Logger): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await tighten(directory, 0o700, logger);
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((name) => OWN_FILE.test(name))) {
    await tighten(join(directory, name), 0o600, logger);
  }
}

async function tighten(path: string, mode: 0o700 | 0o600, logger: Logger): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || (found.mode & OTHERS) === 0) return;
  const told = { path, mode: octal(found.mode) };
  if ((found.mode & SHARED) !== 0) {
    logger.warn(
      'other users have access to this directory, which holds keys and sessions: set DATA_DIR to another one',
      told,
    );
    return;
  }
  await chmod(path, mode).then(
    () => logger.warn(`other users had access to this; now only its owner has (${octal(mode)})`, told),
    (error: unknown) =>
      logger.warn(
        `other users have access to this, which could not be removed: set its mode to ${octal(mode)}`,
        {
          ...told,
          error,
        },
      ),
  );
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
