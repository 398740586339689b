import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DirectoryAvailability, RootWatch } from '../../src/intake/root_watch.js';
import { createLogger } from '../../src/kernel/logging.js';
import { withTwoServices } from '../cluster/two_services.js';
import { Lines } from '../logged.js';
import { ManualTime, until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';

const describeReplicas = await describeWithServer();

/** The most that may pass until a change of the directory is known, in seconds. */
const WITHIN_SECONDS = 10;

/** Checks so many times before it lets a second pass: the disk takes its own time. */
const CHECKS_A_SECOND = 10;

/** Lets up to 10 s pass until it holds. */
async function soon(service: Service, condition: () => Promise<boolean>): Promise<void> {
  let checks = 0;
  await until(async () => {
    if (await condition()) return true;
    if (checks % CHECKS_A_SECOND === 0 && checks / CHECKS_A_SECOND < WITHIN_SECONDS)
      await service.time.advance(1);
    checks += 1;
    return false;
  });
}

/** Waits until it holds, and lets time pass meanwhile: the system says when it likes that a file has changed. */
async function onceTold(service: Service, condition: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    await service.time.advance(0.1);
    return condition();
  });
}

async function isReady(service: Service): Promise<boolean> {
  return (await service.as(null).get('/ready')).status === 200;
}

/** Waits until it is known, and sees what callers are told from then on. */
async function expectGone(service: Service, known: number): Promise<void> {
  await soon(service, async () => Number((await service.status()).unavailable) > 0);
  const { body, headers } = await service.as('worker').get('/session').expect(503);
  expect(body.detail).toMatchObject({
    error: 'no_sessions_directory',
    message: expect.stringContaining('sessions directory is gone'),
    next_release_in: null,
  });
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  const ready = (await service.as(null).get('/ready').expect(503)).body;
  expect(Object.keys(ready.detail.reasons)).toEqual(['sessions_directory']);
  expect(JSON.stringify([body, ready])).not.toContain(service.directory);
  expect(await service.status()).toMatchObject({ total: known, free: 0 });
}

async function expectBack(service: Service, known: number): Promise<void> {
  await soon(service, () => isReady(service));
  expect(await service.status()).toMatchObject({ total: known, unavailable: 0 });
  await service.lease();
}

/** Drops a file, and waits until the watch has had it made into a row. */
async function expectWatched(service: Service, known: number): Promise<void> {
  service.write('dropped-now.session');
  await onceTold(service, async () => (await service.status()).total === known + 1);
}

function takeAway(service: Service): void {
  renameSync(service.sessionsDir, `${service.sessionsDir}.away`);
}

function bringBack(service: Service): void {
  renameSync(`${service.sessionsDir}.away`, service.sessionsDir);
}

it('syncs again after the directory came back: another one may have taken its number before the next look', async () => {
  const time = new ManualTime();
  const logger = createLogger({ level: 'error', stream: new Lines() });
  const availability = new DirectoryAvailability(logger);
  let identity = '1:10';
  let syncs = 0;
  const watch = new RootWatch({
    ...{ availability, logger, timers: time, watcher: { start: () => undefined, close: () => undefined } },
    probe: { probe: async () => ({ device: '1', identity }) },
    sync: async () => {
      syncs += 1;
      // The first directory is back when it is scanned, and away again before the next look.
      availability.found('1');
    },
    lastDevice: async () => '1',
    clock: { now: () => time.monotonic() },
  });
  await watch.start();
  identity = '1:11';
  await time.advance(3);
  expect(syncs).toBe(1);
  await time.advance(3);
  expect(syncs).toBe(2);
  await time.advance(30);
  expect(syncs).toBe(2);
  watch.stop();
});

describe('a sessions directory', () => {
  it(
    'that is not there at the start is found within 10 s of coming, synced and watched',
    withService(
      async (service) => {
        await service.stop();
        takeAway(service);
        await service.start();
        await expectGone(service, 3);
        bringBack(service);
        service.write('new-since.session');
        await expectBack(service, 4);
        await expectWatched(service, 4);
      },
      { files: some(3) },
    ),
  );

  it(
    'that disappears is noticed within 10 s, without removing a row, and found again within 10 s',
    withService(
      async (service) => {
        await expectWatched(service, 3);
        for (const _ of [1, 2]) {
          takeAway(service);
          await expectGone(service, 4);
          bringBack(service);
          await expectBack(service, 4);
        }
        rmSync(join(service.sessionsDir, 'dropped-now.session'));
        await onceTold(service, async () => (await service.status()).total === 3);
        await expectWatched(service, 3);
      },
      { files: some(3) },
    ),
  );

  it(
    'that was replaced by an empty one counts as gone, until it is back or emptied with force',
    withService(
      async (service) => {
        takeAway(service);
        mkdirSync(service.sessionsDir);
        await expectGone(service, 12);
        await service.time.advance(60);
        await service.as('worker').get('/session').expect(503);
        rmSync(service.sessionsDir, { recursive: true });
        bringBack(service);
        await expectBack(service, 12);
        takeAway(service);
        mkdirSync(service.sessionsDir);
        await expectGone(service, 12);
        service.write('another.session');
        await service.as('admin').post('/sync?force=true').expect(200);
        expect(await isReady(service)).toBe(true);
        expect((await service.lease()).session_name).toBe('another');
      },
      { files: some(12) },
    ),
  );

  it(
    'that lacks many of its files, but not all, still leases the rest',
    withService(
      async (service) => {
        for (const path of some(7)) rmSync(join(service.sessionsDir, path));
        await service.as('admin').post('/sync').expect(409);
        expect(await isReady(service)).toBe(true);
        await service.lease();
      },
      { files: some(12) },
    ),
  );

  it(
    'that disappears rejects waiting requests, ends no lease, and still accepts releases',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const onHold = service.as('worker').get('/session?wait=60').then();
        await until(async () => (await service.status()).waiting === 1);
        takeAway(service);
        await soon(service, async () => (await service.status()).waiting === 0);
        const answer = await onHold;
        expect([answer.status, answer.body.detail.error]).toEqual([503, 'no_sessions_directory']);
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        await service.as('worker').get('/session?wait=60').expect(503);
      },
      { files: some(1) },
    ),
  );

  it(
    'is reported once when it disappears, and once when it returns, however long it is gone',
    withService(
      async (service) => {
        const told = (what: string) => service.log.filter((line) => line.includes(what)).length;
        takeAway(service);
        await expectGone(service, 1);
        for (let turn = 0; turn < 10; turn += 1) {
          await service.time.advance(3);
          await service.container.syncScheduler?.run('schedule');
        }
        bringBack(service);
        await expectBack(service, 1);
        expect(told('the sessions directory is gone')).toBe(1);
        expect(told('the sessions directory is back')).toBe(1);
        expect(service.log.filter((line) => line.includes('"level":"error"')).length).toBe(2);
      },
      { files: some(1) },
    ),
  );
});

function mount(...options: string[]): boolean {
  return spawnSync('mount', options, { stdio: 'ignore' }).status === 0;
}

function unmount(path: string): void {
  spawnSync('umount', ['--lazy', path]);
}

/** Runs the test with a disk of its own, which `mount --bind` can put in any place; skips it without the right to. */
function withDisk(test: (service: Service, disk: string) => Promise<void>, files: string[] = []) {
  return async () => {
    const disk = mkdtempSync(join(tmpdir(), 'disk-'));
    try {
      if (!mount('-t', 'tmpfs', '-o', 'size=1m', 'none', disk)) {
        process.stderr.write(
          'skipped: tests of a mounted directory need root and mount (run them as root)\n',
        );
        return;
      }
      for (const path of some(3)) writeFileSync(join(disk, path), '');
      await withService(
        async (service) => {
          try {
            await test(service, disk);
          } finally {
            unmount(service.sessionsDir);
          }
        },
        { files },
      )();
    } finally {
      unmount(disk);
      rmSync(disk, { recursive: true, force: true });
    }
  };
}

describe('a disk', () => {
  it(
    'that is mounted on SESSIONS_DIR after the start is found within 10 s, synced and watched',
    withDisk(async (service, disk) => {
      expect(await service.status()).toMatchObject({ total: 0 });
      mount('--bind', disk, service.sessionsDir);
      await soon(service, async () => (await service.status()).total === 3);
      await expectBack(service, 3);
      await expectWatched(service, 3);
    }),
  );

  it(
    'that is unmounted loses no row and leases nothing, and is found again within 10 s of its return',
    withDisk(async (service, disk) => {
      mount('--bind', disk, service.sessionsDir);
      await soon(service, async () => (await service.status()).total === 3);
      unmount(service.sessionsDir);
      await expectGone(service, 3);
      mount('--bind', disk, service.sessionsDir);
      await expectBack(service, 3);
      await expectWatched(service, 3);
    }),
  );

  it(
    'that is not yet mounted at the start leases nothing until it is',
    withDisk(async (service, disk) => {
      mount('--bind', disk, service.sessionsDir);
      await soon(service, async () => (await service.status()).total === 3);
      await service.stop();
      unmount(service.sessionsDir);
      await service.start();
      await expectGone(service, 3);
      mount('--bind', disk, service.sessionsDir);
      await expectBack(service, 3);
    }),
  );
});

describeReplicas('of two replicas', () => {
  it(
    'the one without a sessions directory continues leasing while that of the other is gone',
    withTwoServices(
      async ({ home, away }) => {
        takeAway(home);
        await home.as('admin').post('/sync').expect(500);
        await home.as('worker').get('/session').expect(503);
        await away.lease();
        await away.as(null).get('/ready').expect(200);
      },
      { 'a.session': '', 'b.session': '' },
    ),
  );
});
