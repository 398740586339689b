import { randomBytes } from 'node:crypto';
import { describe, expect, it, test } from '@jest/globals';
import {
  type Inspection,
  inspectSession,
  readCredentials,
  readUpload,
} from '../../src/intake/formats/inspect.js';
import { telethonFile as writtenFile } from '../../src/intake/formats/telethon_file.js';
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
const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const key = randomBytes(256);

function inspectSqlite(image: Buffer): Inspection {
  return inspectSession({ session: image, json: null });
}

describe('the samples match their manifest', () => {
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
  test('with a key of the wrong length is dead, and the length is reported', () => {
    expect(inspectSqlite(telethonFile(randomBytes(200))).dead).toBe('auth key of 200 bytes instead of 256');
    expect(inspectSqlite(fixture('broken/logged_out.session')).dead).toBe('no auth key');
  });

  test('that is truncated is unreadable and dead, and so is a bare header', () => {
    const whole = telethonFile(key);
    for (const length of [16, 100, 512, 4096, whole.length - 1]) {
      const inspection = inspectSqlite(whole.subarray(0, length));
      expect(inspection).toMatchObject({ format: 'unreadable', authKeySha256: null });
      expect(inspection.dead).toMatch(/^not readable as SQLite: /);
    }
  });

  test('of an unknown newer layout is read as far as its key can be, and never called dead', () => {
    expect(inspectSqlite(telethonFile(key, 99))).toMatchObject({
      format: 'telethon',
      authKeySha256: digest(key),
    });
    expect(inspectSqlite(telethonFile(Buffer.alloc(0), 99))).toMatchObject({ format: 'unknown', dead: null });
  });

  test('left in WAL mode is read without changing the given bytes', () => {
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

describe('a hostile SQLite file cannot run anything', () => {
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

function inspectJson(content: unknown, session: Buffer | null = null, name = ''): Inspection {
  const json = typeof content === 'string' ? content : JSON.stringify(content);
  return inspectSession({ session, json: Buffer.from(json) }, name);
}

describe('the JSON file', () => {
  test.each(['session_string', 'string_session', 'stringSession', 'session_str', 'session', 'auth'])(
    'may name its string %s',
    (spelling) => {
      expect(inspectJson({ [spelling]: strings.gramjs })).toMatchObject({
        format: 'gramjs-json',
        authKeySha256: strings.auth_key_sha256,
      });
    },
  );

  test('provides phone number and ids, as strings or numbers, exact beyond 2^53', () => {
    const json = `{"session": "${strings.telethon}", "phone": 573025288905, "id": 1234567890123456789, "app_id": "12345"}`;
    const told = { phoneNumber: '+573025288905', userId: '1234567890123456789', apiId: 12345 };
    expect(inspectJson(json)).toMatchObject(told);
    expect(readCredentials({ session: telethonFile(key), json: Buffer.from(json) })).toMatchObject({
      userId: told.userId,
      apiId: told.apiId,
      authKey: key,
    });
  });

  test('ignores implausible values', () => {
    const inspection = inspectJson({ session: strings.telethon, phone: 'none', user_id: 1e300, api_id: -1 });
    expect(inspection).toMatchObject({ phoneNumber: null, userId: null, apiId: null });
  });

  test('yields to a usable key in the session file, and replaces an unusable one', () => {
    const json = { session_string: strings.pyrogram };
    expect(inspectJson(json, telethonFile(key))).toMatchObject({
      format: 'telethon',
      authKeySha256: digest(key),
    });
    for (const session of [
      Buffer.alloc(0),
      fixture('broken/logged_out.session'),
      fixture('broken/truncated.session'),
    ]) {
      expect(inspectJson(json, session)).toMatchObject({
        format: 'pyrogram-json',
        dead: null,
        userId: strings.user_id_in_pyrogram?.toString(),
        authKeySha256: strings.auth_key_sha256,
      });
    }
  });

  test('is dead if it is not JSON or has no string, but not if its string is of an unknown kind', () => {
    expect(inspectJson('{"session_string": "1B')).toMatchObject({ format: 'json', dead: 'not valid JSON' });
    expect(inspectJson('[1]').dead).toBe('no session string in the JSON file');
    expect(inspectJson({ session: 'my_account' }).dead).toBe('no session string in the JSON file');
    expect(inspectJson({ session: 'A'.repeat(400) })).toMatchObject({ format: 'json', dead: null });
  });

  test('without a phone number falls back to the name, if that is one', () => {
    const session = { session: strings.telethon };
    expect(inspectJson(session, null, '573025288905').phoneNumber).toBe('+573025288905');
    expect(inspectJson({ ...session, phone: '+1 (555) 000-1111' }, null, '573025288905').phoneNumber).toBe(
      '+15550001111',
    );
    for (const name of ['account_1', '123456', '1234567890123456', '12 34567', '0123456789']) {
      expect(inspectJson(session, null, name).phoneNumber).toBe(null);
    }
  });
});

const address = { serverAddress: '149.154.167.51', port: 443 };

function reason(bytes: Buffer): string {
  const upload = readUpload(bytes);
  return upload.kind === 'refused' ? upload.reason : 'it is a session';
}

describe('an uploaded file', () => {
  it('of Telethon or Pyrogram is a session, with its credentials', () => {
    expect(readUpload(writtenFile({ dcId: 2, ...address, authKey: key }))).toEqual({
      kind: 'session',
      format: 'telethon',
      credentials: { dcId: 2, ...address, authKey: key, userId: null, apiId: null, isBot: false },
      channels: [],
    });
    for (const path of ['telethon_v6.session', 'telethon_v8.session']) {
      expect(readUpload(fixture(path))).toMatchObject({ kind: 'session', format: 'telethon' });
    }
    expect(readUpload(fixture('pyrogram_v3.session'))).toMatchObject({ kind: 'session', format: 'pyrogram' });
  });

  it('left in WAL mode is a session as well', () => {
    const bytes = writtenFile({ dcId: 2, ...address, authKey: key });
    bytes.fill(2, 18, 20);
    expect(readUpload(bytes)).toMatchObject({ kind: 'session', credentials: { authKey: key } });
  });

  it.each([
    ['empty.session', 'the file is empty'],
    ['text.session', 'not a SQLite file: export it as a Telethon .session file'],
    ['bad.json', 'not a SQLite file'],
    ['other_sqlite.session', 'without a readable session'],
    ['truncated.session', 'copy the file again'],
    ['logged_out.session', 'it was never logged in, or was logged out'],
    ['short_key.session', /auth key of \d+ bytes instead of 256/],
  ])('that is not a session is refused, saying why and what to do: %s', (path, said) => {
    expect(reason(fixture(`broken/${path}`))).toMatch(said);
  });

  it('truncated anywhere is refused, and nothing is thrown', () => {
    const whole = writtenFile({ dcId: 2, ...address, authKey: key });
    for (let length = 0; length < whole.length; length += 511) {
      expect(readUpload(whole.subarray(0, length)).kind).toBe('refused');
    }
  });

  it('of Pyrogram without a key is distinguished from one of Telethon', () => {
    const image = sqliteImage(
      `CREATE TABLE version (number INTEGER PRIMARY KEY); INSERT INTO version VALUES (3);
       CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, api_id INTEGER, test_mode INTEGER, auth_key BLOB);
       INSERT INTO sessions VALUES (2, 1, 0, NULL)`,
    );
    expect(reason(image)).toMatch(/^a Pyrogram file without an auth key/);
    expect(reason(fixture('broken/logged_out.session'))).toMatch(/^a Telethon file without an auth key/);
  });
});
