import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nodeTimers } from '../../src/kernel/timers.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { telethonFile } from './session_files.js';

function remove(service: Service, count: number): void {
  for (const path of some(count)) rmSync(join(service.sessionsDir, path));
}

async function total(service: Service): Promise<unknown> {
  return (await service.status()).total;
}

describe('a disk that may be unmounted', () => {
  it.each([
    [10, 6, false],
    [10, 5, true],
    [9, 9, true],
    [3, 3, true],
    [20, 20, false],
  ])('of %i sessions, %i gone at once: removed (%s)', (known, gone, removed) =>
    withService(
      async (service) => {
        remove(service, gone);
        const answer = await service.as('admin').post('/sync');
        expect(answer.status).toBe(removed ? 200 : 409);
        if (!removed)
          expect(answer.body.detail).toMatchObject({ error: 'mass_removal_guard', would_remove: gone });
        expect(await total(service)).toBe(removed ? known - gone : known);
      },
      { files: some(known) },
    )(),
  );

  it(
    'empties the pool only with force',
    withService(
      async (service) => {
        remove(service, 12);
        await service.as('admin').post('/sync?dry_run=true').expect(409);
        expect(await total(service)).toBe(12);
        const forced = await service.as('admin').post('/sync').send({ force: true }).expect(200);
        expect(forced.body.details).toMatchObject({ removed_sessions: 12, total_sessions: 0 });
      },
      { files: some(12) },
    ),
  );

  it(
    'is not suspected if many files were renamed: their sessions stay',
    withService(
      async (service) => {
        renameSync(join(service.sessionsDir, 'old'), join(service.sessionsDir, 'new'));
        const { body } = await service.as('admin').post('/sync').expect(200);
        expect(body.details).toMatchObject({ removed_sessions: 0, new_sessions: 0, updated_sessions: 12 });
      },
      {
        files: Object.fromEntries(
          Array.from({ length: 12 }, (_, index) => [`old/${index}.session`, telethonFile()]),
        ),
      },
    ),
  );

  it(
    'that is another one than last time loses no session without force',
    withService(
      async (service) => {
        await service.container.database.intake.saveDevice(machine(service), 'another device');
        await service.as('admin').post('/sync').expect(200);
        await service.container.database.intake.saveDevice(machine(service), 'another device');
        remove(service, 1);
        await service.as('admin').post('/sync').expect(409);
        expect(await total(service)).toBe(3);
        await service.as('admin').post('/sync?force=true').expect(200);
        expect(await total(service)).toBe(2);
      },
      { files: some(3) },
    ),
  );

  it(
    'that cannot be read is a 500 with the reason, and no row is changed',
    withService(
      async (service) => {
        for (const replacement of [null, 'a file']) {
          renameSync(service.sessionsDir, `${service.sessionsDir}.away`);
          if (replacement !== null) writeFileSync(service.sessionsDir, replacement);
          const answer = await service.as('admin').post('/sync?force=true').expect(500);
          expect(answer.body.detail).toMatch(/can't be read: (ENOENT|ENOTDIR)/);
          expect(await total(service)).toBe(3);
          const refused = await service.as('worker').get('/session').expect(503);
          expect(refused.body.detail.error).toBe('no_sessions_directory');
          rmSync(service.sessionsDir, { force: true });
          renameSync(`${service.sessionsDir}.away`, service.sessionsDir);
        }
        await service.as('admin').post('/sync').expect(200);
        expect(await total(service)).toBe(3);
        await service.lease();
      },
      { files: some(3) },
    ),
  );
});

describe('DEFAULT_PROXY', () => {
  const settings = { DEFAULT_PROXY: 'socks5://scraper:s3cr3t-pass@proxy.example:1080' };

  it(
    'is given to new sessions, with its password in the lease and nowhere on disk in plain text',
    withService(
      async (service) => {
        expect(await service.lease()).toMatchObject({
          proxy: { type: 'socks5', host: 'proxy.example', port: 1080, user: 'scraper', pass: 's3cr3t-pass' },
        });
        const { text } = await service.as('monitor').get('/sessions');
        expect(text).toContain('proxy.example');
        expect(text).not.toContain('s3cr3t-pass');
        expect(service.log.join('\n')).not.toContain('s3cr3t-pass');
        await service.stop();
        const kept = await service.kept();
        expect(kept).toContain('proxy.example');
        expect(kept).not.toContain('s3cr3t-pass');
        await service.start();
        expect(await service.container.database.access.proxies()).toHaveLength(1);
      },
      { files: some(1), settings },
    ),
  );
});

describe('SESSION_CHECK', () => {
  const files = { 'text.session': 'hello', 'empty.session': '' };

  it(
    'lenient leases unrecognised files',
    withService(async (service) => expect(await service.status()).toMatchObject({ free: 2 }), { files }),
  );

  it(
    'strict does not',
    withService(
      async (service) => {
        expect(await service.status()).toMatchObject({ free: 0, unavailable_reasons: { dead: 2 } });
        const { body } = await service.as('admin').get('/sessions/1');
        expect(body.status_reason).toContain('strict');
      },
      { files, settings: { SESSION_CHECK: 'strict' } },
    ),
  );
});

describe('the watcher', () => {
  // The kernel says when a file was written, so that these two wait for it in real time.
  it(
    'finds a dropped file, also in a new directory, without a sync request',
    withService(
      async (service) => {
        service.write('dropped.session');
        await until(async () => (await total(service)) === 1);
        service.write('573025288905/573025288905.session');
        await until(async () => (await total(service)) === 2);
      },
      { timers: nodeTimers },
    ),
  );

  it(
    'notices a deleted file',
    withService(
      async (service) => {
        remove(service, 1);
        await until(async () => (await total(service)) === 1);
      },
      { files: some(2), timers: nodeTimers },
    ),
  );
});

/** What the service calls the machine that it runs on. */
function machine(service: Service): string {
  return service.container.database.shared ? hostname() : '';
}
