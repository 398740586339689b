import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type Inspection, inspectSession, readCredentials } from '../../src/intake/formats/inspect.js';
import { digest, fixture, sqliteImage, telethonFile } from './session_files.js';

interface Described {
  readonly format: string;
  readonly dc_id?: number;
  readonly auth_key_sha256?: string;
  readonly user_id?: number;
  readonly usable?: false;
  readonly why?: string;
}

const manifest: Record<string, Described> = JSON.parse(fixture('manifest.json').toString());
const key = randomBytes(256);

function inspectSqlite(image: Buffer): Inspection {
  return inspectSession({ session: image, json: null });
}

describe('the samples are what their manifest says', () => {
  test.each(Object.entries(manifest))('%s', (path, described) => {
    const bytes = fixture(path);
    const files = path.endsWith('.json') ? { session: null, json: bytes } : { session: bytes, json: null };
    const inspection = inspectSession(files);
    expect(inspection.format).toBe(described.format);
    expect(inspection.dead === null).toBe(described.usable !== false);
    if (described.dc_id) expect(inspection.dcId).toBe(described.dc_id);
    if (described.user_id) expect(inspection.userId).toBe(String(described.user_id));
    if (described.auth_key_sha256) expect(inspection.authKeySha256).toBe(described.auth_key_sha256);
    if (described.usable === false && described.why) expect(inspection.dead).toContain(described.why);
    expect(readCredentials(files) === null).toBe(inspection.authKeySha256 === null);
  });
});

describe('a session file', () => {
  test('with a key of the wrong length is dead and says the length', () => {
    expect(inspectSqlite(telethonFile(randomBytes(200))).dead).toBe('auth key of 200 bytes, 256 wanted');
    expect(inspectSqlite(fixture('broken/logged_out.session')).dead).toBe('no auth key');
  });

  test('that is cut off is unreadable and dead, and so is a bare header', () => {
    const whole = telethonFile(key);
    for (const length of [16, 100, 512, 4096, whole.length - 1]) {
      const inspection = inspectSqlite(whole.subarray(0, length));
      expect(inspection).toMatchObject({ format: 'unreadable', authKeySha256: null });
      expect(inspection.dead).toMatch(/^not readable as SQLite: /);
    }
  });

  test('of a layout newer than any known is read while its key can be, and never called dead', () => {
    expect(inspectSqlite(telethonFile(key, 99))).toMatchObject({
      format: 'telethon',
      authKeySha256: digest(key),
    });
    expect(inspectSqlite(telethonFile(Buffer.alloc(0), 99))).toMatchObject({ format: 'unknown', dead: null });
  });

  test('left in WAL mode is read, and the bytes given stay as they are', () => {
    const image = telethonFile(key);
    image.fill(2, 18, 20);
    const before = Buffer.from(image);
    expect(inspectSqlite(image)).toMatchObject({
      format: 'telethon',
      dead: null,
      authKeySha256: digest(key),
    });
    expect(image.equals(before)).toBe(true);
  });

  test('of Pyrogram keeps a user id of 19 digits exact', () => {
    const image = sqliteImage(
      `CREATE TABLE version (number INTEGER PRIMARY KEY); INSERT INTO version VALUES (2);
       CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, test_mode INTEGER, auth_key BLOB, date INTEGER, user_id INTEGER, is_bot INTEGER);
       INSERT INTO sessions VALUES (2, 1, x'', 0, 1234567890123456789, 1)`,
      key,
    );
    expect(inspectSqlite(image)).toMatchObject({
      format: 'pyrogram',
      userId: '1234567890123456789',
      apiId: null,
    });
    expect(readCredentials({ session: image, json: null })).toMatchObject({
      isBot: true,
      serverAddress: '149.154.167.40',
    });
  });
});

describe('a hostile SQLite file runs nothing of its own', () => {
  const version = 'CREATE TABLE version (version integer); INSERT INTO version VALUES (7);';
  const endless = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x)';
  const hostile = {
    'a view that never ends': `${version} CREATE VIEW sessions AS ${endless} AS dc_id, x'' AS auth_key FROM n`,
    'a view in other letters': `${version} CREATE VIEW SESSIONS AS SELECT 2 AS dc_id, randomblob(256) AS auth_key`,
    'a generated key': `${version} CREATE TABLE sessions (dc_id, auth_key AS (zeroblob(256 * dc_id)));
      INSERT INTO sessions (dc_id) VALUES (2)`,
    'a virtual table': `${version} CREATE VIRTUAL TABLE sessions USING fts5(dc_id, auth_key)`,
    'a version that is a view': `CREATE VIEW version AS ${endless} AS version FROM n;
      CREATE TABLE sessions (dc_id integer, auth_key blob); INSERT INTO sessions VALUES (2, randomblob(256))`,
  };
  test.each(Object.entries(hostile))('%s is not recognised', (_, statements) => {
    expect(inspectSqlite(sqliteImage(statements))).toMatchObject({
      format: 'unknown',
      dead: null,
      authKeySha256: null,
    });
  });
});
