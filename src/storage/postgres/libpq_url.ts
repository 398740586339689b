import { accessSync, constants } from 'node:fs';
import { DatabaseRefused } from '../refused.js';

/** What `sslmode` may be. `allow`, which takes TLS only where the server insists on it, is not there. */
const MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Parameters that name a file. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/** The certificates of the system, as libpq is told to take them; Node has its own list. */
const SYSTEM = 'system';

/**
 * The URL as the client library is to get it, so that `sslmode` means what it does to every other program (by
 * itself the library takes some modes for others, and says so on stderr).
 * @throws DatabaseRefused for another mode, and for a file of a certificate or key that can't be read.
 */
export function asLibpqReads(url: string): string {
  const given = new URLSearchParams(url.split('?').slice(1).join('?'));
  const mode = given.get('sslmode');
  if (mode !== null && !MODES.includes(mode)) {
    throw new DatabaseRefused(`DATABASE_URL has an sslmode other than ${MODES.join(', ')}.`);
  }
  if (mode === 'verify-ca' && !given.get('sslrootcert')) {
    throw new DatabaseRefused('DATABASE_URL has sslmode=verify-ca and no sslrootcert to verify against.');
  }
  for (const name of FILES) checkFile(name, given.get(name));
  // What is said last counts.
  const ownList = given.get('sslrootcert') === SYSTEM ? '&sslrootcert=' : '';
  return `${url}${url.includes('?') ? '&' : '?'}uselibpqcompat=true${ownList}`;
}

function checkFile(parameter: string, path: string | null): void {
  if (!path || path === SYSTEM) return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new DatabaseRefused(`${path}, the ${parameter} of DATABASE_URL, can't be read.`, { cause: error });
  }
}
