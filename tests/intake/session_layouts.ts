/** The tables of a Telethon 1.25 file, with a session whose auth key is to be set. */
export const TELETHON = `
  CREATE TABLE version (version integer primary key);
  CREATE TABLE sessions (dc_id integer primary key, server_address text, port integer, auth_key blob, takeout_id integer);
  CREATE TABLE entities (id integer primary key, hash integer not null, username text, phone integer, name text, date integer);
  INSERT INTO version VALUES (7);
  INSERT INTO sessions VALUES (2, '149.154.167.51', 443, x'', NULL)`;

const PYROGRAM_SESSION = `
  CREATE TABLE version (number INTEGER PRIMARY KEY);
  CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, api_id INTEGER, test_mode INTEGER, auth_key BLOB,
    date INTEGER NOT NULL, user_id INTEGER, is_bot INTEGER);
  INSERT INTO sessions VALUES (2, 2040, 0, x'', 0, 7000000001, 0)`;

/** The tables of a Pyrogram 2 file, with a session whose auth key is to be set. */
export const PYROGRAM = `${PYROGRAM_SESSION};
  CREATE TABLE peers (id INTEGER PRIMARY KEY, access_hash INTEGER, type INTEGER NOT NULL, username TEXT,
    phone_number TEXT, last_update_on INTEGER NOT NULL DEFAULT (CAST(STRFTIME('%s', 'now') AS INTEGER)));
  INSERT INTO version VALUES (3)`;

/** As PYROGRAM, of kurigram 2.2. */
export const KURIGRAM = `PRAGMA foreign_keys = OFF; ${PYROGRAM_SESSION};
  CREATE TABLE peers (id INTEGER PRIMARY KEY, access_hash INTEGER, type INTEGER NOT NULL,
    phone_number TEXT, last_update_on INTEGER NOT NULL DEFAULT (CAST(STRFTIME('%s', 'now') AS INTEGER)));
  CREATE TABLE usernames (id INTEGER, username TEXT, FOREIGN KEY (id) REFERENCES peers(id));
  CREATE INDEX idx_peers_id ON peers (id);
  CREATE INDEX idx_usernames_id ON usernames (id);
  INSERT INTO version VALUES (7)`;
