import Database from 'better-sqlite3';
import { authKeyBytes } from './auth_key.js';
import type { Credentials } from './session_string.js';

/** The newest layout that Telethon 1.25 opens; it fails on 8. */
const layout = 7;

/** `sessions/sqlite.py`, in its order: Telethon reads the columns of `sessions` by their position. */
const tables = `
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
 * The bytes of a Telethon session file of layout 7, as Telethon 1.25 itself would write it, without any
 * entities. Secret: whoever has them is the account. @throws RangeError where the auth key is not 256 bytes
 * long.
 */
export function telethonFile(
  credentials: Pick<Credentials, 'dcId' | 'serverAddress' | 'port' | 'authKey'>,
): Buffer {
  const { dcId, serverAddress, port, authKey } = credentials;
  if (authKey.length !== authKeyBytes) throw new RangeError(`an auth key has ${authKeyBytes} bytes`);
  const database = new Database(':memory:');
  try {
    database.exec(tables);
    database.prepare('INSERT INTO version VALUES (?)').run(layout);
    database
      .prepare('INSERT INTO sessions VALUES (?, ?, ?, ?, NULL)')
      .run(dcId, serverAddress, port, authKey);
    return database.serialize();
  } finally {
    database.close();
  }
}
