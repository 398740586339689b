import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readUpload } from '../../src/intake/formats/read_upload.js';
import { telethonFile } from '../../src/intake/formats/telethon_file.js';
import { fixture, sqliteImage } from './session_files.js';

const authKey = randomBytes(256);
const address = { serverAddress: '149.154.167.51', port: 443 };

function reason(bytes: Buffer): string {
  const upload = readUpload(bytes);
  return upload.kind === 'refused' ? upload.reason : 'it is a session';
}

describe('an uploaded file', () => {
  it('of Telethon or Pyrogram is a session, with its credentials', () => {
    expect(readUpload(telethonFile({ dcId: 2, ...address, authKey }))).toEqual({
      kind: 'session',
      format: 'telethon',
      credentials: { dcId: 2, ...address, authKey, userId: null, apiId: null, isBot: false },
    });
    for (const path of ['telethon_v6.session', 'telethon_v8.session']) {
      expect(readUpload(fixture(path))).toMatchObject({ kind: 'session', format: 'telethon' });
    }
    expect(readUpload(fixture('pyrogram_v3.session'))).toMatchObject({ kind: 'session', format: 'pyrogram' });
  });

  it('left in WAL mode is a session as well', () => {
    const bytes = telethonFile({ dcId: 2, ...address, authKey });
    bytes.fill(2, 18, 20);
    expect(readUpload(bytes)).toMatchObject({ kind: 'session', credentials: { authKey } });
  });

  it.each([
    ['empty.session', 'the file is empty'],
    ['text.session', 'not a SQLite file: export it as a Telethon .session file'],
    ['bad.json', 'not a SQLite file'],
    ['other_sqlite.session', 'no session that can be read'],
    ['truncated.session', 'copy the file again'],
    ['logged_out.session', 'it was never logged in, or was logged out'],
    ['short_key.session', /auth key of \d+ bytes, 256 wanted/],
  ])('that is none is refused, saying why and what to do: %s', (path, said) => {
    expect(reason(fixture(`broken/${path}`))).toMatch(said);
  });

  it('cut off anywhere is refused, and nothing is thrown', () => {
    const whole = telethonFile({ dcId: 2, ...address, authKey });
    for (let length = 0; length < whole.length; length += 511) {
      expect(readUpload(whole.subarray(0, length)).kind).toBe('refused');
    }
  });

  it('of Pyrogram without a key is told from one of Telethon', () => {
    const image = sqliteImage(
      `CREATE TABLE version (number INTEGER PRIMARY KEY); INSERT INTO version VALUES (3);
       CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, api_id INTEGER, test_mode INTEGER, auth_key BLOB);
       INSERT INTO sessions VALUES (2, 1, 0, NULL)`,
    );
    expect(reason(image)).toMatch(/^a Pyrogram file without an auth key/);
    expect(reason(fixture('broken/logged_out.session'))).toMatch(/^a Telethon file without an auth key/);
  });
});
