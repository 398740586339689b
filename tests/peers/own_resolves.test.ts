import { describe, expect, it } from '@jest/globals';
import { logIn, post, type World, withTelegram } from '../logins/over_sandbox.js';
import { lastRun, logOf, makeSource } from '../scraping/scraped.js';

const [ADA, BEN] = ['+9996610001', '+9996610002'];
const NEWS = 'sandbox_news';

async function budgetOf({ service }: World, id: number) {
  return (await service.as('monitor').get(`/sessions/${id}/resolve-budget`).expect(200)).body;
}

/** The accounts that have resolved names, by their phone numbers. */
function resolvedBy({ sandbox }: World): string[] {
  return sandbox.resolves.list().map(({ phone, username }) => `${phone} ${username}`);
}

describe('the service itself', () => {
  it(
    'resolves a name once with each session, and runs prefer the one that knows it',
    withTelegram(async (world) => {
      const { service } = world;
      const { id } = await logIn(world, ADA);
      await logIn(world, BEN);
      await post(service, '/sources/check', { channel_username: NEWS, session_id: id }).expect(200);
      expect(resolvedBy(world)).toEqual([`9996610001 ${NEWS}`]);
      const source = await makeSource(service, NEWS, { file_types: [] });
      expect(await lastRun(service, source)).toMatchObject({ state: 'completed' });
      await post(service, `/sources/${source}/trigger`, {}).expect(200);
      expect(await lastRun(service, source)).toMatchObject({ state: 'completed' });
      expect(resolvedBy(world)).toEqual([`9996610001 ${NEWS}`]);
      expect(await budgetOf(world, id)).toMatchObject({ resolves_used: 1, channels_known: 1 });
      const lease = await service.lease(`channel=https://t.me/${NEWS}`);
      expect(lease).toMatchObject({ session_id: id, peer: { username: NEWS } });
    }),
    120_000,
  );

  it(
    'does not resolve with a session that has nothing left, and a run waits for one that has',
    withTelegram(
      async (world) => {
        const { service } = world;
        const { id } = await logIn(world, ADA);
        await post(service, '/sources/check', { identifier: '@sandbox_archive', session_id: id }).expect(200);
        const check = await post(service, '/sources/check', { identifier: `@${NEWS}`, session_id: id });
        expect(check.body).toMatchObject({ exists: null, reason: 'no session may resolve a name now' });
        const source = await makeSource(service, NEWS, { file_types: [], session_id: undefined });
        const { id: second } = await logIn(world, BEN);
        expect(await lastRun(service, source)).toMatchObject({ state: 'completed' });
        expect(resolvedBy(world)).toEqual(['9996610001 sandbox_archive', `9996610002 ${NEWS}`]);
        expect(await budgetOf(world, second)).toMatchObject({ resolves_left: 0 });
      },
      { settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
    120_000,
  );

  it(
    'learns from a flood for resolving, and reads with another session',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const { id } = await logIn(world, ADA);
      sandbox.resolves.set({ perDay: 0, waitSeconds: 66_230 });
      const check = await post(service, '/sources/check', { identifier: `@${NEWS}`, session_id: id });
      expect(check.body.exists).toBeNull();
      expect(await budgetOf(world, id)).toMatchObject({ resolves_per_day: 0, resolves_used: 1 });
      sandbox.resolves.set(null);
      await logIn(world, BEN);
      const source = await makeSource(service, NEWS, { file_types: [] });
      expect(await lastRun(service, source)).toMatchObject({ state: 'completed' });
      expect(resolvedBy(world)).toEqual([`9996610002 ${NEWS}`]);
    }),
    120_000,
  );

  it(
    'forgets a hash that Telegram refuses, and resolves the name anew',
    withTelegram(async (world) => {
      const { service } = world;
      const { id } = await logIn(world, ADA);
      const lease = await service.lease();
      const stale = { id: 1000000001, access_hash: '12345', username: NEWS, title: 'Stale' };
      await service
        .as('worker')
        .post('/peers')
        .send({ ...lease, peers: [stale], resolved: false })
        .expect(200);
      const { session_id, lease_id } = lease;
      await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      const source = await makeSource(service, NEWS, { file_types: [] });
      expect(await lastRun(service, source)).toMatchObject({ state: 'completed' });
      expect(resolvedBy(world)).toEqual([`9996610001 ${NEWS}`]);
      expect((await logOf(service, source)).map(({ message }) => message).join('\n')).toContain(
        'CHANNEL_INVALID',
      );
      expect(await budgetOf(world, id)).toMatchObject({ resolves_used: 1 });
    }),
    120_000,
  );

  it(
    'keeps the channels that it has listed, without counting them',
    withTelegram(async (world) => {
      const { service } = world;
      const { id } = await logIn(world, ADA);
      const { body } = await service.as('admin').get(`/sessions/${id}/channels`).expect(200);
      expect(await budgetOf(world, id)).toMatchObject({ resolves_used: 0, channels_known: body.length });
      const source = await makeSource(service, NEWS, { file_types: [] });
      expect(await lastRun(service, source)).toMatchObject({ state: 'completed' });
      expect(resolvedBy(world)).toEqual([]);
    }),
    120_000,
  );
});
