import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { logIn, post, withTelegram } from '../logins/over_sandbox.js';
import { release } from '../pool/holding.js';
import type { Service } from '../service/service.js';
import { idsOf, lastRun, linesOf, logOf, makeSource, runOnce } from './scraped.js';
import { logInSome, smallWorld } from './small_world.js';

const [ADA, BEN] = ['+9996610001', '+9996610002'];
const ARCHIVE = 'sandbox_archive';

describe('a run in progress', () => {
  it(
    'ends when it is cancelled, releases its session, and the next run continues from there',
    withTelegram(async (world) => {
      const { service } = world;
      await logIn(world, ADA);
      const id = await makeSource(service, ARCHIVE, { file_types: [] });
      const run = await runOnce(service, id, ({ messages_stored }) => messages_stored > 0);
      await post(service, `/runs/${run.id}/cancel`, {}).expect(200);
      const ended = await lastRun(service, id);
      expect(ended.state).toBe('cancelled');
      expect(await service.status()).toMatchObject({ free: 1, in_use: 0 });
      const ids = linesOf(service, id).map((line) => line.id);
      await post(service, `/sources/${id}/trigger`, {}).expect(200);
      const next = await runOnce(service, id, (one) => one.id !== run.id && one.messages_stored > 0);
      await post(service, `/runs/${next.id}/cancel`, {}).expect(200);
      await lastRun(service, id);
      const all = linesOf(service, id).map((line) => line.id);
      expect(all.length).toBeGreaterThan(ids.length);
      expect(all).toEqual(idsOf(world.sandbox, 'Sandbox Archive').slice(0, all.length));
    }),
    60_000,
  );

  it(
    'ends with its source',
    withTelegram(async (world) => {
      const { service } = world;
      await logIn(world, ADA);
      const id = await makeSource(service, ARCHIVE, { file_types: [] });
      const run = await runOnce(service, id, ({ messages_stored }) => messages_stored > 0);
      await service.as('admin').delete(`/sources/${id}`).expect(200);
      await service.as('admin').get(`/runs/${run.id}`).expect(404);
      await untilFree(service);
    }),
    60_000,
  );
});

describe('a run of a private channel', () => {
  it(
    'reads it with the member session, by its id',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const { id: session_id } = await logIn(world, ADA);
      const channel_id = 1000000003;
      const settings = { name: 'Team', session_id, channel_id, target: 'LOCAL' };
      const { body } = await post(service, '/sources/private', settings).expect(200);
      expect(await lastRun(service, body.id)).toMatchObject({ state: 'completed', files_done: 4 });
      expect(linesOf(service, body.id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox Team'));
    }),
    60_000,
  );

  it(
    'fails with a clear error if the session is not a member',
    withTelegram(async (world) => {
      const { service } = world;
      const { id: session_id } = await logIn(world, BEN);
      const settings = { name: 'Team', session_id, channel_id: 1000000003, target: 'LOCAL' };
      const { body } = await post(service, '/sources/private', settings).expect(200);
      expect(await lastRun(service, body.id)).toMatchObject({
        state: 'failed',
        error: expect.stringContaining('not a member of the channel'),
      });
      expect(await service.status()).toMatchObject({ free: 1 });
    }),
    60_000,
  );
});

describe('a run whose sessions have no access to the channel', () => {
  it(
    'is read by another one, although the first still knows the channel',
    withTelegram(
      async (world) => {
        const { service, sandbox } = world;
        for (const phone of [ADA, BEN]) await logIn(world, phone);
        sandbox.faults.add({ fault: 'USER_BANNED_IN_CHANNEL', method: 'messages.getHistory', phone: ADA });
        const id = await makeSource(service, 'small1', { file_types: [] });
        expect(await lastRun(service, id)).toMatchObject({ state: 'completed', session_name: '9996610002' });
        expect((await logOf(service, id)).filter(({ level }) => level === 'warning')).toHaveLength(1);
      },
      { seed: smallWorld },
    ),
    60_000,
  );

  it(
    'fails with a clear error once all of them were tried',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      for (const phone of [ADA, BEN]) await logIn(world, phone);
      sandbox.faults.add({ fault: 'CHANNEL_PRIVATE', method: 'messages.getHistory' });
      const id = await makeSource(service, ARCHIVE, { file_types: [] });
      expect(await lastRun(service, id)).toMatchObject({
        state: 'failed',
        error: expect.stringContaining('None of the sessions has access to the channel (2 tried)'),
      });
      expect(await service.status()).toMatchObject({ free: 2 });
    }),
    60_000,
  );
});

describe('a run that waits for a session while the service stops', () => {
  it(
    'continues after the next start',
    withTelegram(
      async ({ service, sandbox }) => {
        await logInSome({ service, sandbox }, 1);
        const { session_id } = await service.lease('ttl=600');
        const id = await makeSource(service, 'small1', { file_types: [] });
        const { id: run } = await runOnce(service, id, ({ state }) => state === 'waiting');
        await service.stop();
        await service.start();
        await service.time.advance(2);
        await release(service, session_id);
        expect(await runOnce(service, id, ({ state }) => /completed|failed/.test(state))).toMatchObject({
          ...{ id: run, state: 'completed', error: null },
        });
      },
      { seed: smallWorld },
    ),
    60_000,
  );
});

/** Waits until the run's session is free again: the run notices its end within seconds. */
async function untilFree(service: Service): Promise<void> {
  while ((await service.status()).free !== 1) await delay(100);
}
