import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  decodeSessionString,
  encodeSessionString,
  type StringFormat,
} from '../../src/intake/formats/session_string.js';
import { digest, fixture } from './session_files.js';

const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const key = randomBytes(256);
const account = {
  dcId: 4,
  serverAddress: '149.154.167.91',
  port: 443,
  userId: null,
  apiId: null,
  isBot: false,
};

describe('the sample strings', () => {
  test.each<[string, StringFormat]>([
    ['telethon', 'telethon'],
    ['telethon_ipv6', 'telethon'],
    ['gramjs', 'gramjs'],
    ['pyrogram', 'pyrogram'],
  ])('%s is read, and written again character for character', (sample, format) => {
    const text = strings[sample] ?? '';
    const decoded = decodeSessionString(text);
    expect(decoded?.format).toBe(format);
    expect(digest(decoded?.credentials.authKey ?? key)).toBe(strings.auth_key_sha256);
    expect(decoded && encodeSessionString(decoded.credentials, format)).toBe(text);
  });

  test('convert into each other', () => {
    const decoded = decodeSessionString(strings.pyrogram ?? '');
    expect(decoded?.credentials).toMatchObject({
      dcId: 4,
      userId: '777000222',
      serverAddress: '149.154.167.91',
      port: 443,
    });
    for (const format of ['telethon', 'gramjs'] as const) {
      expect(decoded && encodeSessionString(decoded.credentials, format)).toBe(strings[format]);
    }
  });

  test('the IPv6 address is in its shortest form', () => {
    expect(decodeSessionString(strings.telethon_ipv6 ?? '')?.credentials.serverAddress).toBe(
      '2001:67c:4e8:f004::a',
    );
  });
});

describe('a session string', () => {
  test('of 369 characters is GramJS or Telethon by its length field', () => {
    const ipv6 = { ...account, serverAddress: '2001:b28:f23f:f005::a', authKey: key };
    const ipv4 = { ...account, serverAddress: '149.154.167.91', authKey: key };
    const [telethon, gramjs] = [encodeSessionString(ipv6, 'telethon'), encodeSessionString(ipv4, 'gramjs')];
    expect([telethon.length, gramjs.length]).toEqual([369, 369]);
    expect(decodeSessionString(telethon)).toEqual({ format: 'telethon', credentials: ipv6 });
    expect(decodeSessionString(gramjs)).toEqual({ format: 'gramjs', credentials: ipv4 });
  });

  test('of GramJS may name a host; a Telethon string then has the well-known address', () => {
    const web = { ...account, serverAddress: 'vesta.web.telegram.org', authKey: key };
    expect(decodeSessionString(encodeSessionString(web, 'gramjs'))?.credentials).toEqual(web);
    expect(decodeSessionString(encodeSessionString(web, 'telethon'))?.credentials.serverAddress).toBe(
      '149.154.167.91',
    );
  });

  test('of older Pyrogram has no api id, and the oldest a user id of 32 bits', () => {
    const head = Buffer.from([2, 0]);
    const user = Buffer.alloc(9);
    user.writeBigUInt64BE(1234567890123456789n);
    const older = Buffer.concat([head, key, user]).toString('base64url');
    const oldest = Buffer.concat([head, key, Buffer.from([0x2e, 0x50, 0x15, 0x1e, 1])]).toString('base64url');
    expect([older.length, oldest.length]).toEqual([356, 351]);
    const credentials = { ...account, dcId: 2, serverAddress: '149.154.167.51', authKey: key };
    expect(decodeSessionString(older)?.credentials).toEqual({
      ...credentials,
      userId: '1234567890123456789',
    });
    expect(decodeSessionString(oldest)?.credentials).toEqual({
      ...credentials,
      userId: '777000222',
      isBot: true,
    });
  });

  test('of Pyrogram for a test data centre stays one', () => {
    const text = encodeSessionString(
      { ...account, dcId: 2, serverAddress: '149.154.167.40', port: 80, authKey: key, userId: '777000222' },
      'pyrogram',
    );
    expect(decodeSessionString(text)?.credentials).toMatchObject({
      serverAddress: '149.154.167.40',
      port: 80,
    });
  });

  test('is read with or without padding and in either alphabet', () => {
    for (const text of [
      strings.telethon?.replace(/=+$/, ''),
      strings.telethon?.replaceAll('-', '+').replaceAll('_', '/'),
    ]) {
      expect(decodeSessionString(` ${text}\n`)?.format).toBe('telethon');
    }
  });

  test.each([
    '',
    '1',
    '1BVtsOMwBu5...',
    'hello',
    'A'.repeat(362),
    `1${'A'.repeat(352)}`,
    '1'.repeat(100_000),
  ])('is not %.20s', (text) => {
    expect(decodeSessionString(text)).toBe(null);
  });

  test('is refused if it cannot be written', () => {
    const nowhere = { ...account, dcId: 203, serverAddress: 'host.example', authKey: key };
    expect(() => encodeSessionString(nowhere, 'telethon')).toThrow(RangeError);
    expect(() => encodeSessionString({ ...account, authKey: key.subarray(1) }, 'gramjs')).toThrow(RangeError);
  });
});
