import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { RENEW_INTERVAL_MS } from '../../src/scraping/run_leases.js';
import { post, type World } from '../logins/over_sandbox.js';
import { HastenedTimers } from '../service/hastened_timers.js';
import { until } from '../service/manual_time.js';
import { lastRun, logOf, makeSource } from './scraped.js';
import {
  logInAll,
  MANY,
  MEMBERS,
  PHONES,
  type SplitRun,
  splitRunOnce,
  storedBelow,
  storedBy,
  storedByOne,
  TEAM,
  withSplitWorld,
} from './split_world.js';
import { StoringPlace } from './storing.js';

const SECONDS = 1_000;

const timers = new HastenedTimers();

const readsTogether = (count: number) => (run: SplitRun) => run.sessions.length >= count;

/** Everything is stored, the session files are free, and no session was used twice at once. */
async function expectWhole(world: World, sourceId: number, free: number): Promise<void> {
  // What is left to read may come as fast as it can: the sessions read together by now.
  world.sandbox.budgets.clear();
  expect(await lastRun(world.service, sourceId)).toMatchObject({ state: 'completed', error: null });
  expect(await storedBy(world)).toEqual(await storedByOne());
  expect(await world.service.status()).toMatchObject({ free, in_use: 0 });
  expect(world.sandbox.connections.overlaps()).toEqual([]);
}

async function messagesOf({ service }: World, sourceId: number): Promise<string[]> {
  return (await logOf(service, sourceId)).map(({ message }) => message);
}

describe('a first read of a large channel', () => {
  it.each([[1], [2], [8]])(
    'stores the same bytes with %i sessions, which the run and its log name',
    (count) =>
      withSplitWorld(count, async (world) => {
        const names = await logInAll(world);
        const id = await makeSource(world.service, MANY);
        const run = await splitRunOnce(world, id, readsTogether(count));
        expect(new Set(run.sessions).size).toBe(count);
        expect(names).toEqual(expect.arrayContaining([...run.sessions]));
        expect(run).toMatchObject({ state: 'running', session_name: run.sessions[0] });
        await expectWhole(world, id, 8);
        const ended = await splitRunOnce(world, id, () => true);
        expect(ended).toMatchObject({ sessions: [], session_name: run.sessions[0] });
        expect(ended.total_messages).toBe(ended.messages_stored);
        const log = await messagesOf(world, id);
        const joined = log.filter((message) => message.includes('reads as well'));
        expect(joined).toHaveLength(count - 1);
        if (count > 1) expect(joined.at(-1)).toContain(`${count} sessions: ${run.sessions[0]}, `);
      })(),
    60 * SECONDS,
  );

  it(
    'leaves a quarter of the sessions free with auto',
    withSplitWorld('auto', async (world) => {
      await logInAll(world);
      const id = await makeSource(world.service, MANY);
      await splitRunOnce(world, id, readsTogether(6));
      expect(await world.service.status()).toMatchObject({ free: 2, in_use: 6 });
      await expectWhole(world, id, 8);
    }),
    60 * SECONDS,
  );

  it(
    'stores the same objects in S3',
    async () => {
      const place = await StoringPlace.make('S3');
      const { endpoint, bucket, accessKeyId, secretAccessKey } = place.s3;
      const settings = {
        S3_ENDPOINT: endpoint ?? '',
        S3_BUCKET: bucket ?? '',
        S3_ACCESS_KEY_ID: accessKeyId ?? '',
        S3_SECRET_ACCESS_KEY: secretAccessKey ?? '',
      };
      const test = withSplitWorld(
        8,
        async (world) => {
          await logInAll(world);
          const id = await makeSource(world.service, MANY, { target: 'S3' });
          await splitRunOnce(world, id, readsTogether(8));
          world.sandbox.budgets.clear();
          expect(await lastRun(world.service, id)).toMatchObject({ state: 'completed', error: null });
          const paths = await place.paths();
          const checksums = await Promise.all(paths.map(async (path) => [path, await place.checksum(path)]));
          expect(Object.fromEntries(checksums)).toEqual(await storedByOne());
        },
        { settings },
      );
      await test().finally(() => place.remove());
    },
    60 * SECONDS,
  );

  it(
    'stores the same files on a NAS',
    async () => {
      const root = mkdtempSync(join(tmpdir(), 'nas-'));
      await withSplitWorld(
        3,
        async (world) => {
          await logInAll(world, PHONES.slice(0, 3));
          const id = await makeSource(world.service, MANY, { target: 'NAS' });
          await splitRunOnce(world, id, readsTogether(3));
          world.sandbox.budgets.clear();
          expect(await lastRun(world.service, id)).toMatchObject({ state: 'completed', error: null });
          expect(await storedBelow(root)).toEqual(await storedByOne());
        },
        { settings: { NAS_ROOT: root } },
      )();
    },
    60 * SECONDS,
  );
});

describe('a run with several sessions', () => {
  it(
    'goes on with the others when some are told to wait, its own among them',
    withSplitWorld(4, async (world) => {
      await logInAll(world);
      const id = await makeSource(world.service, MANY);
      await splitRunOnce(world, id, (run) => run.sessions.length === 4 && run.messages_stored > 500);
      world.sandbox.faults.add({ fault: 'FLOOD_WAIT_3600', method: 'messages.getHistory', times: 4 });
      await expectWhole(world, id, 4);
      expect(await world.service.status()).toMatchObject({ free: 4, flooded_for_methods: 4 });
      const log = await messagesOf(world, id);
      expect(log.filter((message) => message.includes('asks to wait 3600 seconds'))).toHaveLength(4);
      expect(log).toContainEqual(expect.stringMatching(/^\S+ reads no longer; 3 sessions: /));
    }),
    60 * SECONDS,
  );

  it(
    'goes on with the others when leases are ended, its own among them',
    withSplitWorld(
      4,
      async (world) => {
        await logInAll(world, PHONES.slice(0, 4));
        const id = await makeSource(world.service, MANY);
        await splitRunOnce(world, id, readsTogether(4));
        const { body: leases } = await world.service.as('admin').get('/leases').expect(200);
        expect(leases).toHaveLength(4);
        for (const { session_id } of leases.slice(0, 3)) {
          await post(world.service, '/release', { session_id }).expect(200);
        }
        // The run learns of it when it renews them.
        timers.hasten(RENEW_INTERVAL_MS);
        await splitRunOnce(world, id, ({ sessions }) => sessions.length < 4);
        await splitRunOnce(world, id, ({ sessions }) => sessions.length > 1);
        await expectWhole(world, id, 4);
      },
      { timers },
    ),
    60 * SECONDS,
  );

  it(
    'gives sessions to workers that wait, and takes them again afterwards',
    withSplitWorld(8, async (world) => {
      const { service } = world;
      await logInAll(world, PHONES.slice(0, 3));
      const id = await makeSource(service, MANY);
      await splitRunOnce(world, id, readsTogether(3));
      const waiting = await service.as('worker').get('/session?wait=60').expect(200);
      const { session_id, lease_id, session_name } = waiting.body;
      // The worker has it a moment before the run says so.
      const run = await splitRunOnce(world, id, ({ sessions }) => !sessions.includes(session_name));
      expect(run).toMatchObject({ state: 'running' });
      await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      await splitRunOnce(world, id, readsTogether(3));
      await expectWhole(world, id, 3);
      expect(await messagesOf(world, id)).toContain(
        `${session_name} reads no longer: others wait for a session; 2 sessions: ${run.sessions.join(', ')}`,
      );
    }),
    60 * SECONDS,
  );

  it(
    'gives all of them back when it is cancelled, and continues where it stopped',
    withSplitWorld(8, async (world) => {
      const { service } = world;
      await logInAll(world);
      const id = await makeSource(service, MANY);
      const run = await splitRunOnce(
        world,
        id,
        ({ sessions, messages_stored: stored }) => sessions.length === 8 && stored > 0,
      );
      await post(service, `/runs/${run.id}/cancel`, {}).expect(200);
      await splitRunOnce(world, id, ({ state }) => state === 'cancelled');
      await until(async () => (await service.status()).free === 8);
      expect(Object.keys(await storedBy(world)).filter((path) => path.includes('.part-'))).toEqual([]);
      await post(service, `/sources/${id}/trigger`, {}).expect(200);
      await expectWhole(world, id, 8);
    }),
    60 * SECONDS,
  );

  it(
    'resolves a name that has changed hands again, and leaves out a session that finds another channel',
    withSplitWorld(2, async (world) => {
      const { service } = world;
      await logInAll(world, PHONES.slice(0, 2));
      const { peers } = service.container.database;
      const other = {
        channelId: '1',
        accessHash: '1',
        type: 'channel',
        title: 'Another',
        username: MANY,
      } as const;
      const learnt = [{ ...other, identifier: `@${MANY}` }];
      const rules = { resolved: false, perDay: 150, tags: [] };
      const { body: sessions } = await service.as('admin').get('/sessions').expect(200);
      const id = await makeSource(service, MANY, { is_active: false });
      for (const session of sessions)
        await peers.learn({ sessionId: session.id, leaseId: null }, learnt, rules, 1);
      await post(service, `/sources/${id}/trigger`, {}).expect(200);
      await splitRunOnce(world, id, readsTogether(2));
      await expectWhole(world, id, 2);
    }),
    60 * SECONDS,
  );
});

describe('a private channel', () => {
  it(
    'is read by those sessions that are members',
    withSplitWorld(8, async (world) => {
      const { service } = world;
      const names = await logInAll(world);
      const { body: sessions } = await service.as('admin').get('/sessions').expect(200);
      const own = sessions.find(({ name }: { name: string }) => name === names[0]);
      const settings = { name: 'Team', session_id: own.id, channel_id: `-100${TEAM}`, target: 'LOCAL' };
      const { body } = await post(service, '/sources/private', settings).expect(200);
      const run = await splitRunOnce(world, body.id, readsTogether(MEMBERS.length));
      expect([...run.sessions].sort()).toEqual(names.slice(0, MEMBERS.length).sort());
      world.sandbox.budgets.clear();
      expect(await lastRun(service, body.id)).toMatchObject({ state: 'completed', session_name: names[0] });
      const stored = await storedBy(world);
      expect(Object.keys(stored)).toEqual(Object.keys(await storedByOne()));
      expect(await service.status()).toMatchObject({ free: 8 });
    }),
    60 * SECONDS,
  );
});
