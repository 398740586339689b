import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that is being written is done within seconds; one this old was left by a stop, in milliseconds. */
const LEFT_MS = 3_600_000;

/** What a session file is called until it is whole: hidden, so that nothing takes it for a session. */
export function temporaryName(id: string): string {
  return `.telegate-${id}.tmp`;
}

/**
 * Removes what a stop in the middle of writing left in the sessions directory: it holds an auth key.
 * `now`: the wall clock, in milliseconds. A directory that can't be read is left to whoever looks at it next.
 */
export async function removeLeftovers(root: string, now: number): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((name) => /^\.telegate-[\w-]+\.tmp$/.test(name))) {
    const path = join(root, name);
    const written = await lstat(path).then(
      (stats) => stats.mtimeMs,
      () => now,
    );
    if (now - written >= LEFT_MS) await rm(path, { force: true });
  }
}
