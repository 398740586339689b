import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** PostgreSQL's programs, and the user that its server runs as: it refuses to run as root. */
export interface PostgresPrograms {
  readonly bin: string;
  /** Undefined: the user who runs the benchmark. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** Where distributions install the programs of each version. */
const VERSIONS = '/usr/lib/postgresql';

/** The users that may own a server started by root. */
const OWNERS = ['postgres', 'nobody'];

/** The newest PostgreSQL that is installed and can be started; null if there is none, with a line that says so. */
export function findPostgres(): PostgresPrograms | null {
  const bin = directories().find((directory) => existsSync(join(directory, 'initdb')));
  const root = process.getuid?.() === 0;
  const owner = root ? OWNERS.map(ownerCalled).find((found) => found !== undefined) : undefined;
  if (bin !== undefined && (!root || owner)) return { bin, owner };
  process.stdout.write(
    'skipped: no PostgreSQL server can be started here (initdb in /usr/lib/postgresql or PATH)\n',
  );
  return null;
}

function directories(): string[] {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newestFirst = versions.sort((one, other) => Number(other) - Number(one));
  const configured = said('pg_config', '--bindir');
  return [
    ...newestFirst.map((version) => join(VERSIONS, version, 'bin')),
    ...(configured ? [configured] : []),
  ];
}

function ownerCalled(name: string): PostgresPrograms['owner'] {
  const [uid, gid] = [said('id', '-u', name), said('id', '-g', name)];
  return uid === null || gid === null ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** The output of a program; null: it does not exist, or failed. */
function said(program: string, ...args: readonly string[]): string | null {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}
