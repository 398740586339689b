import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { DrizzleQueryError } from 'drizzle-orm';
import { logged } from '../logged.js';

const SESSION = `1${randomBytes(263).toString('base64url')}=`;
const API_KEY = `tg_${randomBytes(32).toString('base64url')}`;

describe('a secret in a log', () => {
  it.each([
    'api_key',
    'X-API-Key',
    'authorization',
    'Cookie',
    'set-cookie',
    'password',
    'new_password',
    'pass',
    'secret',
    'session_string',
    'sessionString',
    'auth_key',
    'tmp_auth_key',
    'api_hash',
    'telegramApiHash',
    'bot_token',
    'code',
    'phone_code_hash',
    'token',
    'apiKeys',
    'ENCRYPTION_KEYS',
  ])('is hidden under the name %s, at any depth', (name) => {
    const entry = logged({ [name]: 'hunter2', deep: [{ er: { [name]: { kept: 'hunter2' } } }] });
    expect(JSON.stringify(entry)).not.toContain('hunter2');
    expect(entry[name]).toBe('[redacted]');
  });

  it('is not assumed if the name says otherwise, or there is none', () => {
    const fields = { status_code: 200, compass: 'N', keys: 3, password: null, secret: false };
    expect(logged(fields)).toMatchObject(fields);
  });

  it.each([
    ['a session string', SESSION],
    ["a session string of Pyrogram's", `BA${randomBytes(269).toString('base64url')}`],
    ['a key in hexadecimal', randomBytes(256).toString('hex')],
    ['an API key', API_KEY],
    ["a bot's token", `123456789:${'Ab_-5'.repeat(7)}`],
  ])('is hidden by its shape: %s', (_what, secret) => {
    const error = new Error(`bad value ${secret}, sorry`);
    const entry = logged({ list: [`value=${secret};`], [secret]: 1, error }, `got ${secret}.`);
    expect(JSON.stringify(entry)).not.toContain(secret.slice(-20));
    expect(entry.message).toMatch(/^got .*\[redacted\]=?\.$/);
  });

  it.each([
    ['dial socks5://me:hunter2@host:1080 failed', 'dial socks5://[redacted]@host:1080 failed'],
    ['postgres://me:hun:ter2@pass@host/db?x=a@b', 'postgres://[redacted]@host/db?x=a@b'],
    ['Authorization: Bearer hunter2hunter2', 'Authorization: Bearer [redacted]'],
    ['GET /x?token=hunter2&limit=3', 'GET /x?token=[redacted]&limit=3'],
  ])('is hidden in %j', (message, shown) => {
    expect(logged({}, message).message).toBe(shown);
  });

  it('is not shown by a failed statement: its parameters are omitted, in causes too', () => {
    const failed = new DrizzleQueryError(
      'update "sessions" set "lease_id" = $1 where "phone_number" = $2',
      ['4f6c-lease\n    at x', '+79001234567'],
      new Error('the server is gone'),
    );
    const text = JSON.stringify(logged({ error: new Error('not written', { cause: failed }) }));
    expect(text).toContain('update \\"sessions\\" set');
    expect(text).toContain('the server is gone');
    expect(text).not.toContain('4f6c-lease');
    expect(text).not.toContain('79001234567');
  });

  it('is not shown by truncation', () => {
    const text = `${'x '.repeat(8_100)}${SESSION.repeat(3)} end`;
    const { text: shown } = logged({ text });
    expect(shown).toMatch(/^(x )+x… \[\d+ characters\]$/);
    expect(logged({ text: 'y'.repeat(20_000) }).text).toBe('… [20000 characters]');
  });
});

describe('any value', () => {
  it('can be logged: cycles, big numbers, bytes, dates, maps, unreadable properties', () => {
    const cyclic: Record<string, unknown> = { id: 1234567890123456789n };
    cyclic.self = cyclic;
    const trap = Object.defineProperty({ fine: 1 }, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const fields = {
      cyclic,
      trap,
      bytes: randomBytes(256),
      at: new Date(0),
      never: new Date(Number.NaN),
      map: new Map([['password', 'hunter2']]),
      set: new Set([1]),
      url: new URL('http://me:hunter2@host/'),
      call: () => 1,
      symbol: Symbol('s'),
      endless: Number.POSITIVE_INFINITY,
    };
    expect(logged(fields)).toMatchObject({
      cyclic: { id: '1234567890123456789', self: '[circular]' },
      trap: { fine: 1, trap: '[unreadable]' },
      bytes: '[256 bytes]',
      at: '1970-01-01T00:00:00.000Z',
      never: null,
      map: { password: '[redacted]' },
      set: [1],
      url: 'http://[redacted]@host/',
      call: '[function]',
      symbol: 'Symbol(s)',
      endless: 'Infinity',
    });
  });

  it('is truncated if it is too deep or too large', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 1_000; level += 1) deep = { deep };
    const wide = Array.from({ length: 1_000 }, (_, index) => Array(1_000).fill(index));
    const text = JSON.stringify(logged({ deep, wide }));
    expect(text).toContain('[too deep]');
    expect(text).toContain('[900 more]');
    expect(text).toContain('[too much]');
    expect(text.length).toBeLessThan(50_000);
  });
});
