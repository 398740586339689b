import { wellKnownAddress } from '../../telegram/network.js';
import { authKeyFault } from './auth_key.js';
import type { ImageTable } from './sqlite_image.js';
import { isDcId, isKnown, type StoredSession, storedAddress } from './telethon.js';

/** Layouts that are known well enough to call a session without a key dead (`storage/sqlite_storage.py` and forks). */
const knownVersions = { first: 2, last: 7 };

/**
 * Reads Pyrogram's tables, told by the column `version.number`. Columns are taken by name: 2 has no
 * `api_id`, and forks add the address. Null: not Pyrogram's, or laid out in a way unknown here.
 */
export function readPyrogram(version: ImageTable, sessions: ImageTable): StoredSession | null {
  if (!version.columns.has('number')) return null;
  if (!sessions.columns.has('dc_id') || !sessions.columns.has('auth_key')) return null;
  const row = sessions.row ?? {};
  const dead = authKeyFault(row.auth_key);
  if (dead !== null) return isKnown(version.row?.number, knownVersions) ? { dead, credentials: null } : null;
  const test = typeof row.test_mode === 'bigint' && row.test_mode !== 0n;
  const address = storedAddress(row) ?? wellKnownAddress(Number(row.dc_id), test);
  if (!Buffer.isBuffer(row.auth_key) || !isDcId(row.dc_id) || address === null) return null;
  return {
    dead: null,
    credentials: {
      dcId: Number(row.dc_id),
      ...address,
      authKey: row.auth_key,
      userId: typeof row.user_id === 'bigint' && row.user_id > 0n ? row.user_id.toString() : null,
      apiId:
        typeof row.api_id === 'bigint' && row.api_id > 0n && row.api_id < 2n ** 31n
          ? Number(row.api_id)
          : null,
      isBot: row.is_bot === 1n,
    },
  };
}
