import Database from 'better-sqlite3';
import type { RememberedChannel } from '../../peers/store.js';
import { markedId } from './known_channels.js';
import { AUTH_KEY_BYTES, type Credentials } from './session_string.js';

/** The newest layout that Telethon 1.25 opens; it fails on 8. */
const WRITTEN_LAYOUT = 7;

/** `sessions/sqlite.py`, in its order: Telethon reads the columns of `sessions` by their position. */
const TELETHON_TABLES = `
  CREATE TABLE version (version integer primary key);
  CREATE TABLE sessions (
    dc_id integer primary key,
    server_address text,
    port integer,
    auth_key blob,
    takeout_id integer
  );
  CREATE TABLE entities (
    id integer primary key,
    hash integer not null,
    username text,
    phone integer,
    name text,
    date integer
  );
  CREATE TABLE sent_files (
    md5_digest blob,
    file_size integer,
    type integer,
    id integer,
    hash integer,
    primary key(md5_digest, file_size, type)
  );
  CREATE TABLE update_state (
    id integer primary key,
    pts integer,
    qts integer,
    date integer,
    seq integer
  );
`;

/**
 * The bytes of a Telethon session file of layout 7, as Telethon 1.25 itself would write it, with these channels as its
 * entities. Secret: whoever has them controls the account. @throws RangeError if the auth key is not 256 bytes long.
 */
export function telethonFile(
  credentials: Pick<Credentials, 'dcId' | 'serverAddress' | 'port' | 'authKey'>,
  channels: readonly RememberedChannel[] = [],
): Buffer {
  const { dcId, serverAddress, port, authKey } = credentials;
  if (authKey.length !== AUTH_KEY_BYTES) throw new RangeError(`an auth key has ${AUTH_KEY_BYTES} bytes`);
  const database = new Database(':memory:');
  try {
    database.exec(TELETHON_TABLES);
    database.prepare('INSERT INTO version VALUES (?)').run(WRITTEN_LAYOUT);
    database
      .prepare('INSERT INTO sessions VALUES (?, ?, ?, ?, NULL)')
      .run(dcId, serverAddress, port, authKey);
    writeEntities(database, channels);
    return database.serialize();
  } finally {
    database.close();
  }
}

/** As Telethon writes them: a row a channel, with its name in lower case. Those that can't be one are left out. */
function writeEntities(database: Database.Database, channels: readonly RememberedChannel[]): void {
  const insert = database.prepare('INSERT OR IGNORE INTO entities VALUES (?, ?, ?, NULL, ?, ?)');
  for (const channel of channels) {
    const { accessHash, title, usernames, seenAt } = channel;
    const id = markedId(channel);
    const hash = BigInt(accessHash ?? 0);
    if (id === null || BigInt.asIntN(64, hash) !== hash) continue;
    insert.run(id, hash, usernames[0]?.toLowerCase() ?? null, title || null, Math.floor(seenAt / 1000));
  }
}
