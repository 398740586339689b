import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'winston';

/** What others than its owner may do with a file. */
const OTHERS = 0o077;

/** A directory that many users share, such as /tmp: it is nobody's to close. */
const SHARED = 0o1000;

/** The files of the service that lie in the directory itself, also those that were moved aside. */
const OWN_FILE = /^(telegate\.db|encryption\.key|admin\.key)/;

/**
 * Makes the directory, if need be, and takes away the rights that others have to it and to the service's files in it:
 * keys and sessions lie there. Says so in the log, also where it can't.
 * @throws the file system's error where the directory can't be made.
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
      'others may use this directory, in which keys and sessions are kept: set DATA_DIR to another',
      told,
    );
    return;
  }
  await chmod(path, mode).then(
    () => logger.warn(`others had rights to this: it is for its owner only now (${octal(mode)})`, told),
    (error: unknown) =>
      logger.warn(`others have rights to this, which can't be taken away: set its mode to ${octal(mode)}`, {
        ...told,
        error,
      }),
  );
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
