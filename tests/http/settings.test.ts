import { describe, expect, it } from '@jest/globals';
import { KEYS, withService } from '../service/service.js';

interface Shown {
  readonly name: string;
}

const SETTINGS = {
  DEFAULT_PROXY: 'socks5://user:proxy-password@proxy.example:1080',
  TELEGRAM_API_ID: '12345',
  TELEGRAM_API_HASH: '0123456789abcdef0123456789abcdef',
  NAS_ROOT: '/mnt/nas',
  S3_SECRET_ACCESS_KEY: 'the-secret-of-s3',
};

describe('GET /settings', () => {
  it(
    'says what the service runs with, without secrets',
    withService(
      async (service) => {
        const { body, text } = await service.as('admin').get('/settings').expect(200);
        for (const secret of [
          'proxy-password',
          SETTINGS.TELEGRAM_API_HASH,
          SETTINGS.S3_SECRET_ACCESS_KEY,
          KEYS.worker,
        ]) {
          expect(text).not.toContain(secret);
        }
        const setting = (name: string) => body.settings.find((shown: Shown) => shown.name === name);
        expect(setting('TELEGRAM_API_ID')).toEqual({
          ...{ name: 'TELEGRAM_API_ID', value: 12_345, is_secret: false, is_set: true, is_default: false },
        });
        expect(setting('TELEGRAM_API_HASH')).toEqual({
          ...{ name: 'TELEGRAM_API_HASH', value: null, is_secret: true, is_set: true, is_default: false },
        });
        expect(setting('LEASE_TTL_SECONDS')).toMatchObject({ value: 10_800, is_default: true, is_set: true });
        expect(setting('S3_BUCKET')).toMatchObject({ value: null, is_default: true, is_set: false });
        expect(setting('PREFECT_API_KEY')).toMatchObject({ is_secret: true, is_set: false });
        expect(body.service).toEqual({
          version: expect.stringMatching(/^\d+\./),
          node: process.versions.node,
          database: expect.stringMatching(/^(sqlite|postgres)$/),
          started_at: new Date(service.time.wall()).toISOString(),
        });
      },
      { settings: SETTINGS },
    ),
  );

  it(
    'says what is not configured, and how to',
    withService(
      async (service) => {
        const { body } = await service.as('admin').get('/settings').expect(200);
        const feature = (name: string) => body.features.find((shown: Shown) => shown.name === name);
        expect(feature('nas')).toMatchObject({ configured: true, settings: ['NAS_ROOT'] });
        expect(feature('telegram_application')).toMatchObject({ configured: true });
        expect(feature('prefect')).toMatchObject({ configured: false });
        expect(feature('s3')).toMatchObject({
          configured: false,
          how_to: expect.stringContaining('S3_BUCKET'),
        });
      },
      { settings: SETTINGS },
    ),
  );

  it(
    'is for admins only',
    withService(async (service) => {
      for (const who of ['worker', 'monitor'] as const) await service.as(who).get('/settings').expect(403);
    }),
  );
});
