import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../src/config.js';
import { mistakesOf } from './mistakes_of.js';

describe('the settings', () => {
  it('all have defaults', () => {
    expect(loadConfig({})).toEqual({
      port: 8000,
      host: '0.0.0.0',
      egress: null,
      dataDir: resolve('data'),
      database: { kind: 'sqlite', file: resolve('data/telegate.db') },
      sessionsDir: resolve('sessions'),
      apiKeys: [],
      encryptionKeys: [],
      beginAnew: false,
      auditDays: 365,
      resolvesPerDay: 150,
      leaseTtlSeconds: 10_800,
      leaseId: 'compatible',
      reaperIntervalSeconds: 30,
      syncs: true,
      syncCron: '0 * * * *',
      sessionCheck: 'lenient',
      sessionsWatch: 'native',
      sessionFileMaxBytes: 67_108_864,
      healthCron: 'off',
      historyMaxRows: 1_000_000,
      defaultProxy: null,
      logLevel: 'info',
      corsOrigins: ['loopback'],
      hsts: false,
      trustedProxies: [],
      telegramApiId: null,
      telegramApiHash: null,
      otpTtlMinutes: 5,
      nasRoot: null,
      s3: {
        endpoint: null,
        region: null,
        bucket: null,
        accessKeyId: null,
        secretAccessKey: null,
        forcePathStyle: false,
      },
      scraping: {
        maxFileBytes: 2 ** 31,
        floodSleepMaxSeconds: 30,
        sessionsPerRun: 1,
        maxConcurrentRuns: 4,
        runLogDays: 30,
      },
      prefect: null,
      workerPort: 8001,
      shown: expect.any(Array),
    });
  });

  it('count as unset when empty', () => {
    expect(loadConfig({ PORT: '', DATA_DIR: ' ', API_KEYS: '' })).toEqual(loadConfig({}));
  });

  it('are parsed from their texts', () => {
    const config = loadConfig({
      PORT: ' 9000 ',
      DATA_DIR: '/var/lib/telegate',
      SYNC_CRON: 'off',
      DEFAULT_PROXY: 'socks5://me:pw@proxy.example:1080',
      CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      TRUST_PROXY: 'loopback, 10.0.0.0/8',
      TELEGRAM_API_ID: '12345',
    });
    expect(config).toMatchObject({
      port: 9000,
      dataDir: '/var/lib/telegate',
      database: { kind: 'sqlite', file: '/var/lib/telegate/telegate.db' },
      syncCron: 'off',
      defaultProxy: { type: 'socks5', host: 'proxy.example', port: 1080, user: 'me', pass: 'pw' },
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      trustedProxies: ['loopback', '10.0.0.0/8'],
      telegramApiId: 12_345,
    });
  });

  it('are frozen at every depth', () => {
    const config = loadConfig({ API_KEYS: 'admin-key-of-tests' });
    for (const part of [config, config.apiKeys, config.apiKeys[0], config.s3]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('invalid settings', () => {
  it('are all reported at once, each with its value and what was expected', () => {
    const lines = mistakesOf({
      PORT: '80a',
      LEASE_TTL_SECONDS: '86401',
      SYNC_CRON: 'every hour',
      SESSION_CHECK: 'loose',
      LOG_LEVEL: 'loud',
    });
    expect(lines).toEqual([
      '  PORT: given "80a", expected a whole number from 0 to 65535',
      '  LEASE_TTL_SECONDS: given "86401", expected a whole number from 1 to 86400',
      '  SYNC_CRON: given "every hour", expected a cron expression, or off',
      '  SESSION_CHECK: given "loose", expected one of lenient, strict',
      '  LOG_LEVEL: given "loud", expected one of error, warn, info, http, verbose, debug, silly',
    ]);
  });

  it.each([
    ['PORT', '-1'],
    ['PORT', '8e3'],
    ['PORT', '99999999999999999999'],
    ['REAPER_INTERVAL_SECONDS', '0'],
    ['HISTORY_MAX_ROWS', '1.5'],
    ['SYNC_CRON', '0 0 31W 2 *'],
    ['HOST', 'http://localhost'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['TRUST_PROXY', 'proxy.example'],
    ['PREFECT_API_URL', 'localhost:4200'],
    ['PREFECT_WORK_POOL', 'prefect-pool'],
    ['PREFECT_WORK_POOL', 'my/pool'],
    ['PREFECT_UI_URL', 'localhost:4200'],
    ['WORKER_PORT', '65536'],
  ])('such as %s=%s stop the start', (name, value) => {
    expect(mistakesOf({ [name]: value })).toHaveLength(1);
  });

  it.each([
    ['DEFAULT_PROXY', 'ftp://me:hunter2@host:1'],
    ['TELEGRAM_API_HASH', 'hunter2'],
    ['S3_SECRET_ACCESS_KEY', 'hunter2 hunter2'],
    ['PREFECT_API_URL', 'prefect://me:hunter2@host'],
    ['PREFECT_API_URL', 'https://me:hunter2@host/api'],
    ['PREFECT_API_KEY', 'hunter2 hunter2'],
    ['PREFECT_API_AUTH_STRING', 'hunter2'],
  ])('never show the secret in %s', (name, value) => {
    const [line] = mistakesOf({ [name]: value });
    expect(line).toContain(name);
    expect(line).not.toContain('hunter2');
  });
});

describe('the environment', () => {
  const source = new URL('../src/environment.js', import.meta.url).href;
  const script = `const { readEnvironment } = await import(${JSON.stringify(source)});
    const { PORT, HOST } = readEnvironment();
    process.stdout.write(JSON.stringify({ PORT, HOST }));`;

  function readIn(directory: string, env: Record<string, string>): unknown {
    const args = ['--no-warnings', '--input-type=module', '--eval', script];
    return JSON.parse(execFileSync(process.execPath, args, { cwd: directory, env, encoding: 'utf8' }));
  }

  it('is completed from .env, without overriding variables that are already set', () => {
    const directory = mkdtempSync(join(tmpdir(), 'config-'));
    try {
      expect(readIn(directory, { PORT: '9000' })).toEqual({ PORT: '9000' });
      writeFileSync(join(directory, '.env'), 'PORT=7000\nHOST=127.0.0.1\n');
      expect(readIn(directory, { PORT: '9000' })).toEqual({ PORT: '9000', HOST: '127.0.0.1' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
