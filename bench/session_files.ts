import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Writes small session files in no known format: `session1.session` and so on. */
export function writePlainFiles(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true });
  for (let number = 1; number <= count; number += 1) {
    writeFileSync(join(directory, `session${number}.session`), `session ${number}`);
  }
}

/**
 * Writes session files as Telethon 1.x does, 28 KiB each, each with its own auth key. They remember the same so many
 * channels.
 */
export function writeTelethonFiles(directory: string, count: number, channels = 0): void {
  mkdirSync(directory, { recursive: true });
  const placeholder = randomBytes(256);
  const image = telethonImage(placeholder, channels);
  const keyAt = image.indexOf(placeholder);
  for (let number = 1; number <= count; number += 1) {
    randomBytes(256).copy(image, keyAt);
    writeFileSync(join(directory, `telethon${number}.session`), image);
  }
}

/** A session file of Telethon, in memory. */
function telethonImage(authKey: Buffer, channels: number): Buffer {
  const database = new Database(':memory:');
  database.exec(`
    CREATE TABLE version (version integer primary key);
    CREATE TABLE sessions (dc_id integer primary key, server_address text, port integer, auth_key blob, takeout_id integer);
    CREATE TABLE entities (id integer primary key, hash integer not null, username text, phone integer, name text, date integer);
    CREATE TABLE sent_files (md5_digest blob, file_size integer, type integer, id integer, hash integer,
      primary key(md5_digest, file_size, type));
    CREATE TABLE update_state (id integer primary key, pts integer, qts integer, date integer, seq integer);
    INSERT INTO version VALUES (7);
  `);
  database.prepare('INSERT INTO sessions VALUES (2, ?, 443, ?, NULL)').run('149.154.167.51', authKey);
  const entity = database.prepare('INSERT INTO entities VALUES (?, ?, ?, NULL, ?, ?)');
  for (let number = 1; number <= channels; number += 1) {
    const name = `channel${number}`;
    entity.run(-1_000_000_000_000 - number, number, name, `Channel ${number}`, 1_700_000_000 + number);
  }
  const image = database.serialize();
  database.close();
  return image;
}
