import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type Inspection, inspectSession, readCredentials } from '../../src/intake/formats/inspect.js';
import { digest, fixture, telethonFile } from './session_files.js';

const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const key = randomBytes(256);

function inspectJson(content: unknown, session: Buffer | null = null, name = ''): Inspection {
  const json = typeof content === 'string' ? content : JSON.stringify(content);
  return inspectSession({ session, json: Buffer.from(json) }, name);
}

describe('the JSON file', () => {
  test.each(['session_string', 'string_session', 'stringSession', 'session_str', 'session', 'auth'])(
    'may spell its string %s',
    (spelling) => {
      expect(inspectJson({ [spelling]: strings.gramjs })).toMatchObject({
        format: 'gramjs-json',
        authKeySha256: strings.auth_key_sha256,
      });
    },
  );

  test('gives phone number and ids, as texts or as numbers, exact beyond 2^53', () => {
    const json = `{"session": "${strings.telethon}", "phone": 573025288905, "id": 1234567890123456789, "app_id": "12345"}`;
    const told = { phoneNumber: '+573025288905', userId: '1234567890123456789', apiId: 12345 };
    expect(inspectJson(json)).toMatchObject(told);
    expect(readCredentials({ session: telethonFile(key), json: Buffer.from(json) })).toMatchObject({
      userId: told.userId,
      apiId: told.apiId,
      authKey: key,
    });
  });

  test('leaves out what can not be meant', () => {
    const inspection = inspectJson({ session: strings.telethon, phone: 'none', user_id: 1e300, api_id: -1 });
    expect(inspection).toMatchObject({ phoneNumber: null, userId: null, apiId: null });
  });

  test('gives way to a usable key in the session file, and stands in for an unusable one', () => {
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

  test('is dead when it is no JSON or has no string, but not when its string is of an unknown kind', () => {
    expect(inspectJson('{"session_string": "1B')).toMatchObject({ format: 'json', dead: 'not valid JSON' });
    expect(inspectJson('[1]').dead).toBe('no session string in the JSON file');
    expect(inspectJson({ session: 'my_account' }).dead).toBe('no session string in the JSON file');
    expect(inspectJson({ session: 'A'.repeat(400) })).toMatchObject({ format: 'json', dead: null });
  });

  test('without a phone number leaves it to the name, if that is one', () => {
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
