import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { inspectSession, readCredentials, rememberedBy } from '../../src/intake/formats/inspect.js';
import { readKnownChannels } from '../../src/intake/formats/known_channels.js';
import { telethonFile } from '../../src/intake/formats/telethon_file.js';
import { MAX_PEERS_PER_SESSION } from '../../src/peers/rules.js';
import type { RememberedChannel } from '../../src/peers/store.js';
import { digest, samples, sqliteImage } from './session_files.js';
import { KURIGRAM, PYROGRAM, TELETHON } from './session_layouts.js';

const key = randomBytes(256);

/** A session file with these statements run after those of its layout. */
function file(layout: string, statements = ''): Buffer {
  return sqliteImage(`${layout}; ${statements}`, key);
}

function remembers(session: Buffer): boolean {
  return inspectSession({ session, json: null }).remembersChannels;
}

/** Expects a session that is whole, whatever else is in its file, and whose file remembers no channel. */
function expectNone(session: Buffer): void {
  expect(inspectSession({ session, json: null })).toMatchObject({ dead: null, authKeySha256: digest(key) });
  expect(readCredentials({ session, json: null })?.authKey).toEqual(key);
  expect(readKnownChannels(session)).toEqual([]);
}

/** The file with this as the first page of `entities`, according to its schema. */
function forged(session: Buffer, root: string): Buffer {
  const database = new Database(session);
  try {
    database.unsafeMode();
    database.exec(
      `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = ${root} WHERE name = 'entities'`,
    );
    return database.serialize();
  } finally {
    database.close();
  }
}

const NEWS: RememberedChannel = {
  ...{ channelId: '1234567890', accessHash: '-9223372036854775808', type: 'channel', title: 'Новости 😀' },
  ...{ usernames: ['news'], seenAt: 1_700_000_000_000 },
};
const GROUP: RememberedChannel = {
  ...{ channelId: '4567', accessHash: null, type: 'chat', title: 'Group', usernames: [], seenAt: 0 },
};

describe('the channels that a Telethon file remembers', () => {
  it('are its channels and basic groups, exact to 64 bits, those first that were seen last', () => {
    const session = file(
      TELETHON,
      `INSERT INTO entities VALUES
        (777000, 5, 'telegram', 42777, 'A user', 1700000009),
        (-4567, 0, NULL, NULL, 'Group', NULL),
        (-1001234567890, -9223372036854775808, 'news', NULL, 'Новости 😀', 1700000000),
        (-1997852516352, 9223372036854775807, NULL, NULL, NULL, 1700000001)`,
    );
    expect(remembers(session)).toBe(true);
    expect(readKnownChannels(session)).toEqual([
      {
        ...{ channelId: '997852516352', accessHash: '9223372036854775807', type: 'channel', title: '' },
        ...{ usernames: [], seenAt: 1_700_000_001_000 },
      },
      NEWS,
      GROUP,
    ]);
    expect(readKnownChannels(session, 1_700_000_001_000).map(({ channelId }) => channelId)).toEqual([
      '997852516352',
    ]);
  });

  it('have a name that moved only where it was seen last', () => {
    const session = file(
      TELETHON,
      `INSERT INTO entities VALUES
        (-1000000000001, 1, 'moved', NULL, NULL, 10), (-1000000000002, 2, 'moved', NULL, NULL, 20)`,
    );
    expect(readKnownChannels(session)).toMatchObject([
      { channelId: '2', usernames: ['moved'] },
      { channelId: '1', usernames: [] },
    ]);
  });

  it('are read from layouts without dates', () => {
    const session = file(
      TELETHON.replace(', date integer', ''),
      `INSERT INTO entities VALUES (-1000000000001, 1, 'name', NULL, 'T')`,
    );
    expect(readKnownChannels(session)).toMatchObject([{ channelId: '1', usernames: ['name'], seenAt: 0 }]);
  });

  it('are none in the samples, which are not read for them', () => {
    for (const [path, session] of Object.entries(samples)) {
      expect([path, remembers(session), readKnownChannels(session)]).toEqual([path, false, []]);
    }
  });

  it('are as many as a session may know', () => {
    const session = file(
      TELETHON,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
       INSERT INTO entities SELECT -1000000000000 - i, i, 'name' || i, NULL, 'T', i FROM n`,
    );
    const channels = readKnownChannels(session);
    expect(channels).toHaveLength(MAX_PEERS_PER_SESSION);
    expect(channels[0]).toMatchObject({ channelId: '20000' });
  });

  it('are only told for the session with this auth key', () => {
    const session = file(TELETHON, `INSERT INTO entities VALUES (-1000000000001, 1, 'name', NULL, 'T', 1)`);
    expect(rememberedBy(session, digest(key), 0)).toHaveLength(1);
    expect(rememberedBy(session, digest(randomBytes(256)), 0)).toBeNull();
    expect(rememberedBy(Buffer.from('no session'), digest(key), 0)).toBeNull();
  });
});

describe('the channels that a Pyrogram file remembers', () => {
  it('are its channels, supergroups and groups, with the names beside them', () => {
    const session = file(
      PYROGRAM,
      `INSERT INTO peers VALUES
        (-1001234567890, -9223372036854775808, 'channel', 'News', NULL, 1700000000),
        (-1000000000005, 7, 'supergroup', NULL, NULL, 1699999999),
        (-1000000000006, 8, 'direct', NULL, NULL, 1700000001),
        (-4567, 0, 'group', NULL, NULL, 5), (9, 1, 'bot', 'abot', NULL, 1800000000)`,
    );
    expect(remembers(session)).toBe(true);
    expect(readKnownChannels(session)).toEqual([
      { ...NEWS, title: '' },
      { ...NEWS, channelId: '5', accessHash: '7', title: '', usernames: [], seenAt: 1_699_999_999_000 },
      { ...GROUP, title: '', seenAt: 5000 },
    ]);
  });

  it('have all their names in newer layouts', () => {
    const session = file(
      KURIGRAM,
      `INSERT INTO peers VALUES (-1001234567890, 1, 'forum', NULL, 5);
       INSERT INTO usernames VALUES (-1001234567890, 'news'), (-1001234567890, 'newspaper'), (9, 'abot'),
         (-1001234567890, 'no'), (-1001234567890, x'00'), (-1000000000999, 'unknown')`,
    );
    expect(readKnownChannels(session)).toMatchObject([
      { channelId: '1234567890', usernames: ['news', 'newspaper'] },
    ]);
  });
});

describe('a malformed table of channels', () => {
  it('is read as far as its rows can be true', () => {
    const session = file(
      TELETHON.replace(
        /CREATE TABLE entities \([^)]*\)/,
        'CREATE TABLE entities (id, hash, username, phone, name, date)',
      ),
      `INSERT INTO entities VALUES
        (-1000000000001, '5', 'text_hash', NULL, 'T', 1), (-1000000000002, 0, 'no_hash', NULL, 'T', 1),
        (-1000000000003, x'05', 'blob_hash', NULL, 'T', 1), (-1000000000004.5, 5, 'real_id', NULL, 'T', 1),
        ('-1000000000005', 5, 'text_id', NULL, 'T', 1), (NULL, 5, 'no_id', NULL, 'T', 1),
        (-1000000000000, 5, 'zero', NULL, 'T', 1), (-1997852516353, 5, 'secret', NULL, 'T', 1),
        (-9223372036854775808, 5, 'least', NULL, 'T', 1), (-1000000000006, NULL, 'null_hash', NULL, 'T', 1),
        (-1000000000007, 5, x'6e616d65', NULL, x'00', 'soon'),
        (-1000000000008, 5, 'name with a space', NULL, 7, -1),
        (-1000000000009, 5, '@name', NULL, 'T', 9223372036854775807)`,
    );
    expect(readKnownChannels(session).map(({ channelId, ...rest }) => [channelId, rest])).toEqual([
      ['9', { accessHash: '5', type: 'channel', title: 'T', usernames: [], seenAt: 0 }],
      ['8', { accessHash: '5', type: 'channel', title: '', usernames: [], seenAt: 0 }],
      ['7', { accessHash: '5', type: 'channel', title: '', usernames: [], seenAt: 0 }],
    ]);
  });

  it('is read without its giant texts', () => {
    const session = file(
      TELETHON,
      `INSERT INTO entities VALUES (-1000000000001, 1, printf('%.*c', 9000000, 'x'), NULL, printf('%.*c', 9000000, 'x'), 1)`,
    );
    expect(readKnownChannels(session)).toMatchObject([{ channelId: '1', usernames: [], title: '' }]);
  });

  it('is none if reading it would run SQL of its author, or it lacks what is needed', () => {
    const others = [
      `CREATE VIEW entities AS SELECT -1000000000001 AS id, 5 AS hash`,
      `CREATE TABLE entities (id integer primary key, hash AS (abs(-9223372036854775808)))`,
      `CREATE VIRTUAL TABLE entities USING fts5(id, hash)`,
      `CREATE TABLE entities (id integer primary key); INSERT INTO entities VALUES (-1000000000001)`,
      `CREATE TABLE peers (id integer primary key, access_hash integer);
       INSERT INTO peers VALUES (-1000000000001, 5)`,
    ];
    for (const statements of others) {
      expectNone(file(TELETHON.replace(/CREATE TABLE entities \([^)]*\);/, ''), statements));
    }
  });

  it('is told from an empty one in a large file as well, and where the schema is forged', () => {
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
      INSERT INTO entities SELECT i, i, 'user' || i, NULL, 'A user', i FROM n`;
    expect(remembers(file(TELETHON, many))).toBe(false);
    expect(remembers(file(TELETHON, `${many}; DELETE FROM entities`))).toBe(false);
    const channel = `INSERT INTO entities VALUES (-1000000000001, 5, 'name', NULL, 'T', 1)`;
    expect(remembers(file(TELETHON, `${many}; ${channel}`))).toBe(true);
    for (const root of ["'x'", "'3'", '0', '99999999', '-1', 'NULL', '2.5']) {
      const session = forged(file(TELETHON, channel), root);
      expect(() => remembers(session)).not.toThrow();
      expect(() => readKnownChannels(session)).not.toThrow();
    }
  });

  it('leaves the session as it is where its pages are damaged', () => {
    const rows = `INSERT INTO entities VALUES (-1000000000001, 5, 'name', NULL, 'T', 1)`;
    const session = file(TELETHON, rows);
    const database = new Database(session, { readonly: true });
    const page = database
      .prepare<[], { rootpage: number }>("SELECT rootpage FROM sqlite_schema WHERE name = 'entities'")
      .get()?.rootpage;
    const size = database.pragma('page_size', { simple: true });
    database.close();
    const at = ((page ?? 0) - 1) * Number(size);
    for (const damage of [0, 255]) expectNone(Buffer.from(session).fill(damage, at, at + Number(size)));
  });
});

describe('a Telethon file that is written', () => {
  const credentials = { dcId: 2, serverAddress: '149.154.167.51', port: 443, authKey: key };

  it('remembers the channels that it is given', () => {
    expect(readKnownChannels(telethonFile(credentials, [NEWS, GROUP]))).toEqual([NEWS, GROUP]);
    expect(remembers(telethonFile(credentials))).toBe(false);
  });

  it('leaves out what Telethon could not mark, and all names but one', () => {
    const impossible = [
      { ...NEWS, channelId: '9223372036854775807' },
      { ...NEWS, channelId: '2', accessHash: '9223372036854775808' },
      { ...GROUP, channelId: '1000000000000' },
    ];
    const several = { ...NEWS, usernames: ['News', 'other'] };
    expect(readKnownChannels(telethonFile(credentials, [...impossible, several]))).toEqual([NEWS]);
  });
});
