import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../src/config.js';
import { mistakesOf } from './mistakes_of.js';

describe('DATABASE_URL', () => {
  it.each([
    ['sqlite:./my.db', resolve('my.db')],
    ['sqlite:///srv/my.db', '/srv/my.db'],
    ['file:/srv/my.db', '/srv/my.db'],
    ['FILE:///srv/my.db', '/srv/my.db'],
  ])('accepts %s', (DATABASE_URL, file) => {
    expect(loadConfig({ DATABASE_URL }).database).toEqual({ kind: 'sqlite', file });
  });

  it.each(['sqlite:', 'sqlite::memory:', 'file://host/my.db', 'mysql://host/db', 'my.db'])(
    'refuses %s',
    (url) => {
      expect(mistakesOf({ DATABASE_URL: url })).toHaveLength(1);
    },
  );

  it('takes a PostgreSQL database, and never shows the password of a wrong one', () => {
    const url = 'postgres://me:hunter2@host/db';
    expect(loadConfig({ DATABASE_URL: url }).database).toMatchObject({ kind: 'postgres', url });
    const [line] = mistakesOf({ DATABASE_URL: 'postgres://me:hunter2@host' });
    expect(line).toMatch(/^ {2}DATABASE_URL: /);
    expect(line).not.toContain('hunter2');
  });
});

describe('SESSIONS_SYNC', () => {
  const DATABASE_URL = 'postgres://me:hunter2@host/db';

  it('is on unless other processes can sync the session files', () => {
    expect(loadConfig({ DATABASE_URL }).syncs).toBe(true);
    expect(loadConfig({ DATABASE_URL, SESSIONS_SYNC: 'off' }).syncs).toBe(false);
    const wanted = 'on: other processes can sync the session files only if DATABASE_URL is postgres://';
    const lines = [`  SESSIONS_SYNC: given "off", expected ${wanted}`];
    expect(mistakesOf({ SESSIONS_SYNC: 'off' })).toEqual(lines);
    expect(mistakesOf({ SESSIONS_SYNC: 'off', DATABASE_URL: 'sqlite:./my.db' })).toEqual(lines);
    expect(mistakesOf({ SESSIONS_SYNC: 'never', DATABASE_URL })).toHaveLength(1);
  });
});

describe('S3_FORCE_PATH_STYLE', () => {
  it('is on if S3_ENDPOINT is set, unless set explicitly', () => {
    const S3_ENDPOINT = 'http://localhost:9000';
    expect(loadConfig({ S3_ENDPOINT }).s3.forcePathStyle).toBe(true);
    expect(loadConfig({ S3_ENDPOINT, S3_FORCE_PATH_STYLE: 'off' }).s3.forcePathStyle).toBe(false);
    expect(loadConfig({ S3_FORCE_PATH_STYLE: 'on' }).s3.forcePathStyle).toBe(true);
    expect(mistakesOf({ S3_FORCE_PATH_STYLE: 'yes' })).toEqual([
      '  S3_FORCE_PATH_STYLE: given "yes", expected one of on, off',
    ]);
  });
});

describe('PREFECT_API_URL', () => {
  const PREFECT_API_URL = 'http://localhost:4200/api/';

  it('turns Prefect on, which needs nothing else', () => {
    expect(loadConfig({ PREFECT_API_URL }).prefect).toEqual({
      apiUrl: 'http://localhost:4200/api',
      apiKey: null,
      authString: null,
      workPool: 'telegate',
      uiUrl: 'http://localhost:4200',
    });
    expect(loadConfig({ PREFECT_WORK_POOL: 'scrapers', PREFECT_API_KEY: 'key' }).prefect).toBeNull();
  });

  it('goes with a key or with a user and password, but not with both', () => {
    const [PREFECT_API_KEY, PREFECT_API_AUTH_STRING] = ['pnu_hunter2', 'admin:hunter2: 3'];
    expect(loadConfig({ PREFECT_API_URL, PREFECT_API_KEY }).prefect).toMatchObject({
      apiKey: PREFECT_API_KEY,
    });
    expect(loadConfig({ PREFECT_API_URL, PREFECT_API_AUTH_STRING }).prefect).toMatchObject({
      authString: PREFECT_API_AUTH_STRING,
    });
    expect(mistakesOf({ PREFECT_API_KEY, PREFECT_API_AUTH_STRING })).toEqual([
      '  PREFECT_API_AUTH_STRING: given (not shown: secret), expected nothing beside PREFECT_API_KEY: a server takes one of them',
    ]);
  });

  it('also tells where the user interface is, unless PREFECT_UI_URL does', () => {
    const PREFECT_UI_URL = 'https://prefect.example/ui/';
    const { prefect } = loadConfig({ PREFECT_API_URL, PREFECT_UI_URL, PREFECT_WORK_POOL: 'scrapers' });
    expect(prefect).toMatchObject({ uiUrl: 'https://prefect.example/ui', workPool: 'scrapers' });
  });
});

describe('API_KEYS', () => {
  it('are admin keys, or have the role before the colon', () => {
    expect(
      loadConfig({
        API_KEYS: 'top-secret-of-tests, worker:worker-key-of-tests,monitor:monitor:key-of-tests,',
      }).apiKeys,
    ).toEqual([
      { role: 'admin', key: 'top-secret-of-tests' },
      { role: 'worker', key: 'worker-key-of-tests' },
      { role: 'monitor', key: 'monitor:key-of-tests' },
    ]);
  });

  it.each([
    ['a short key', 'worker:fifteen-letters', 'key 1 of the list is shorter than 16 characters'],
    [
      'a misspelt role',
      'admin-key-of-tests-1,wroker:worker-key-of-tests',
      'key 2 of the list has an unknown role',
    ],
    [
      'one key under two roles',
      'admin-key-of-tests-1,worker:admin-key-of-tests-1',
      'key 2 of the list appears twice',
    ],
    [
      'a key that no header can carry',
      'pässword-of-the-tests',
      'key 1 of the list has characters other than',
    ],
  ])('refuse %s, without showing it', (_what, API_KEYS, message) => {
    const [line] = mistakesOf({ API_KEYS });
    expect(line).toContain(message);
    for (const part of API_KEYS.split(/[,:]/).filter((text) => text.length > 6))
      expect(line).not.toContain(part);
  });
});

describe('ENCRYPTION_KEYS', () => {
  it('are 32 bytes each in base64, base64url or hexadecimal, newest first', () => {
    const keys = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
    const list = [keys[0].toString('base64'), keys[1].toString('base64url'), keys[2].toString('hex')].join(
      ', ',
    );
    expect(loadConfig({ ENCRYPTION_KEYS: list }).encryptionKeys.map((key) => Buffer.from(key))).toEqual(keys);
  });

  it('refuse another length, without showing it', () => {
    const short = randomBytes(16).toString('hex');
    const [line] = mistakesOf({ ENCRYPTION_KEYS: `${'ab'.repeat(32)},${short}` });
    expect(line).toContain('key 2 of the list is not 32 bytes');
    expect(line).not.toContain(short);
  });
});

describe('EGRESS_PORT', () => {
  it('is another one than PORT, unless each is any free one', () => {
    const wanted = 'another port than PORT, which the API has';
    for (const both of [{ EGRESS_PORT: '8000' }, { PORT: '1080', EGRESS_PORT: '1080' }])
      expect(mistakesOf(both)).toEqual([`  EGRESS_PORT: given "${both.EGRESS_PORT}", expected ${wanted}`]);
    expect(loadConfig({ PORT: '0', EGRESS_PORT: '0' }).egress?.port).toBe(0);
    expect(mistakesOf({ EGRESS_PORT: '8000', LOG_LEVEL: 'loud' })).toHaveLength(2);
    expect(mistakesOf({ PORT: 'x', EGRESS_PORT: '8000' })).toHaveLength(1);
  });
});

describe('EGRESS_HOST', () => {
  const hostOf = (env: Record<string, string>) => loadConfig({ EGRESS_PORT: '1080', ...env }).egress?.host;

  it('is the address that the service listens on or, if that is every one, the name of the machine', () => {
    expect(hostOf({ HOST: '10.0.0.7' })).toBe('10.0.0.7');
    expect(hostOf({})).toBe(hostname());
    expect(hostOf({ HOST: '::' })).toBe(hostname());
    expect(hostOf({ HOST: '10.0.0.7', EGRESS_HOST: 'fence.internal' })).toBe('fence.internal');
  });

  it.each(['::1', '10.0.0.7', 'fence', 'fence_1.internal', 'fence.example.', 'zaun-äöü.example'])(
    'may be %s',
    (EGRESS_HOST) => {
      expect(hostOf({ EGRESS_HOST })).toBe(EGRESS_HOST);
    },
  );

  it.each([
    ...['http://fence', 'fence:1080', 'me:hunter2@fence', '[::1]', 'a b', 'a\0b', '-', 'x'.repeat(254)],
  ])('is not %j', (EGRESS_HOST) => {
    expect(mistakesOf({ EGRESS_PORT: '1080', EGRESS_HOST })).toHaveLength(1);
  });
});
