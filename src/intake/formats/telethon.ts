import { wellKnownAddress } from '../../telegram/network.js';
import { authKeyFault } from './auth_key.js';
import type { Credentials } from './session_string.js';
import type { ImageTable } from './sqlite_image.js';

/** What the tables of a session file say: credentials, or in plain words why there certainly are none. */
export type StoredSession =
  | { readonly dead: null; readonly credentials: Credentials }
  | { readonly dead: string; readonly credentials: null };

/** Layouts that are known well enough to call a session without a key dead (`sessions/sqlite.py`). */
const knownVersions = { first: 6, last: 8 };

/**
 * Reads Telethon's tables, told by the column `version.version`. Columns are taken by name: 8 adds
 * `tmp_auth_key`, which is not the account's key. Null: not Telethon's, or laid out in a way unknown here.
 */
export function readTelethon(version: ImageTable, sessions: ImageTable): StoredSession | null {
  if (!version.columns.has('version')) return null;
  if (!sessions.columns.has('dc_id') || !sessions.columns.has('auth_key')) return null;
  const row = sessions.row ?? {};
  const dead = authKeyFault(row.auth_key);
  if (dead !== null) return isKnown(version.row?.version, knownVersions) ? { dead, credentials: null } : null;
  const address = storedAddress(row) ?? wellKnownAddress(Number(row.dc_id));
  if (!Buffer.isBuffer(row.auth_key) || !isDcId(row.dc_id) || address === null) return null;
  return {
    dead: null,
    credentials: {
      dcId: Number(row.dc_id),
      ...address,
      authKey: row.auth_key,
      userId: null,
      apiId: null,
      isBot: false,
    },
  };
}

/** Whether a layout's version is among those known; a missing one is not. */
export function isKnown(version: unknown, known: { readonly first: number; readonly last: number }): boolean {
  return typeof version === 'bigint' && version >= known.first && version <= known.last;
}

/** Whether a stored value can be a data centre's number: they fit a byte in every session string. */
export function isDcId(value: unknown): boolean {
  return typeof value === 'bigint' && value > 0n && value < 256n;
}

/** The address that the row itself names; null: it names none, or not one that can be dialled. */
export function storedAddress(
  row: Readonly<Record<string, unknown>>,
): Pick<Credentials, 'serverAddress' | 'port'> | null {
  const { server_address: serverAddress, port } = row;
  if (typeof serverAddress !== 'string' || !/^[\w.:-]{1,255}$/.test(serverAddress)) return null;
  const valid = typeof port === 'bigint' && port > 0n && port < 65536n;
  return { serverAddress, port: valid ? Number(port) : 443 };
}
