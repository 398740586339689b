import { describe, expect, it } from '@jest/globals';
import { channelAccessHash } from '../../sandbox/world/world.js';
import { systemTime } from '../../src/kernel/clock.js';
import { post, type World } from '../logins/over_sandbox.js';
import { hold, inQueue } from '../pool/holding.js';
import { until } from '../service/manual_time.js';
import { lastRun, logOf, makeSource } from './scraped.js';
import {
  logInAll,
  MANY,
  MEMBERS,
  PAGE_BUDGET,
  PHONES,
  splitRunOnce,
  storedBy,
  storedByOne,
  TEAM,
  withSplitWorld,
} from './split_world.js';

const SECONDS = 1_000;

async function sessionsOf({ service }: World): Promise<readonly { id: number; name: string }[]> {
  return (await service.as('admin').get('/sessions').expect(200)).body;
}

/** How often each session was leased, by its name. */
async function leasesOf(world: World): Promise<ReadonlyMap<string, number>> {
  const counted = new Map<string, number>();
  for (const { id, name } of await sessionsOf(world)) {
    const path = `/sessions/${id}/history?limit=200`;
    const { body: history } = await world.service.as('admin').get(path).expect(200);
    counted.set(name, history.filter(({ event }: { event: string }) => event === 'leased').length);
  }
  return counted;
}

/** How often each of the sessions is leased while the source runs once. */
async function leasesDuring(
  world: World,
  names: readonly string[],
  begin: () => Promise<number>,
): Promise<number[]> {
  const before = await leasesOf(world);
  expect(await lastRun(world.service, await begin())).toMatchObject({ state: 'completed' });
  const after = await leasesOf(world);
  return names.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0));
}

/** A run reads with all three sessions while this request waits, until the pool closes; the answer to the request. */
async function waitingBesideRun({ service }: World, query: string) {
  const waiting = hold(service, `wait=60&${query}`, 'waiting', []);
  await inQueue(service, 1);
  const id = await makeSource(service, MANY);
  await splitRunOnce({ service }, id, ({ sessions }) => sessions.length === 3);
  expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
  const log = (await logOf(service, id)).map(({ message }) => message);
  expect(log.filter((message) => message.includes('others wait'))).toEqual([]);
  await inQueue(service, 1);
  service.container.pool.close();
  return waiting;
}

describe('a session that cannot read the channel', () => {
  it(
    'is leased once, however long the others read',
    withSplitWorld(8, async (world) => {
      const [own = '', ...others] = await logInAll(world);
      const strangers = others.slice(MEMBERS.length - 1);
      const { id: session_id } = (await sessionsOf(world)).find(({ name }) => name === own) ?? {};
      const leases = await leasesDuring(world, strangers, async () => {
        const wish = { name: 'Team', session_id, channel_id: `-100${TEAM}`, target: 'LOCAL' };
        return (await post(world.service, '/sources/private', wish).expect(200)).body.id;
      });
      expect(leases).toEqual(strangers.map(() => 1));
    }),
    60 * SECONDS,
  );

  it(
    'since it finds another one under the name, is leased once, although it knows the name from then on',
    withSplitWorld(8, async (world) => {
      const { service, sandbox } = world;
      const [own = '', ...others] = await logInAll(world, MEMBERS);
      const { id: sessionId = 0 } = (await sessionsOf(world)).find(({ name }) => name === own) ?? {};
      const [account] = sandbox.world.accounts;
      const team = sandbox.world.channels.find(({ title }) => title === 'Team');
      if (!account || !team) throw new Error('the world lacks them');
      // The channel that had the name before, as far as this session knows.
      const accessHash = `${channelAccessHash(account, team)}`;
      const before = { channelId: `${TEAM}`, accessHash, type: 'channel', title: 'Team' } as const;
      const learnt = [{ ...before, username: MANY, identifier: `@${MANY}` }];
      const { peers } = service.container.database;
      // It reads alone, which is to take seconds still: the others could be leased again and again meanwhile.
      sandbox.budgets.clear();
      sandbox.budgets.add({ ...PAGE_BUDGET, perSecond: 3 * PAGE_BUDGET.perSecond });
      await peers.learn({ sessionId, leaseId: null }, learnt, { resolved: false, perDay: 150, tags: [] }, 1);
      expect(await leasesDuring(world, others, () => makeSource(service, MANY))).toEqual([1, 1]);
    }),
    60 * SECONDS,
  );
});

describe("a run's own session that waits for Telegram", () => {
  it(
    'gets others beside it meanwhile',
    withSplitWorld(
      2,
      async (world) => {
        const { service, sandbox } = world;
        const [own, other] = await logInAll(world, PHONES.slice(0, 2));
        const { session_id } = await service.lease(`session_name=${other}`);
        const id = await makeSource(service, MANY);
        await splitRunOnce(world, id, ({ messages_stored }) => messages_stored > 0);
        sandbox.faults.add({ fault: 'FLOOD_WAIT_29', method: 'messages.getHistory', times: 1 });
        const waits = `${own}: Telegram asks to wait 29 seconds`;
        const entry = async (text: string) =>
          (await logOf(service, id)).find(({ message }) => message.includes(text));
        await until(async () => (await entry(waits)) !== undefined);
        await service.as('worker').post('/release').send({ session_id }).expect(200);
        await splitRunOnce(world, id, ({ sessions }) => sessions.length === 2);
        const [waiting, joining] = [await entry(waits), await entry(`${other} reads as well`)];
        const waited = Date.parse(joining?.at ?? '') - Date.parse(waiting?.at ?? '');
        expect(waited).toBeLessThan(29 * SECONDS);
      },
      { time: systemTime },
    ),
    60 * SECONDS,
  );
});

describe('a session that has read nothing', () => {
  it(
    'is tried again when the flood wait of its first page is over',
    withSplitWorld(
      2,
      async (world) => {
        const [, other] = await logInAll(world, PHONES.slice(0, 2));
        const flood = { fault: 'FLOOD_WAIT_6', method: 'messages.getHistory', times: 1 };
        world.sandbox.faults.add({ ...flood, phone: PHONES[1] });
        const id = await makeSource(world.service, MANY);
        expect(await lastRun(world.service, id)).toMatchObject({ state: 'completed', error: null });
        const log = (await logOf(world.service, id)).map(({ message }) => message);
        expect(log.filter((message) => message.startsWith(`${other} reads as well`))).toHaveLength(2);
        expect(await storedBy(world)).toEqual(await storedByOne());
      },
      { time: systemTime },
    ),
    60 * SECONDS,
  );

  it(
    'is taken again when it was given to others before its first page',
    withSplitWorld(2, async (world) => {
      const { service, sandbox } = world;
      // It is the one that knows the channel.
      await logInAll(world, PHONES.slice(0, 1));
      const id = await makeSource(service, MANY, { is_active: false });
      const [other = ''] = await logInAll(world, PHONES.slice(1, 2));
      const method = 'contacts.resolveUsername';
      sandbox.faults.add({ fault: 'slow', milliseconds: 2_500, method, times: 1 });
      await post(service, `/sources/${id}/trigger`, {}).expect(200);
      await splitRunOnce(world, id, ({ messages_stored }) => messages_stored > 0);
      const { session_name, session_id } = await service.lease('wait=30');
      expect(session_name).toBe(other);
      await service.as('worker').post('/release').send({ session_id }).expect(200);
      const run = await splitRunOnce(world, id, ({ sessions }) => sessions.length === 2);
      expect(run.sessions).toContain(other);
    }),
    60 * SECONDS,
  );
});

describe('a request for sessions with a tag that none of them has', () => {
  it(
    'does not keep a run from the others while it waits',
    withSplitWorld(3, async (world) => {
      await logInAll(world, PHONES.slice(0, 3));
      expect((await waitingBesideRun(world, 'tag=none')).status).toBe(503);
    }),
    60 * SECONDS,
  );
});

describe('a request whose channel no session may resolve', () => {
  it(
    'does not keep a run from sessions that have no resolves left either',
    withSplitWorld(
      3,
      async (world) => {
        const { service, sandbox } = world;
        await logInAll(world, PHONES.slice(0, 3));
        const many = sandbox.world.channels.find(({ title }) => title === 'Many');
        const { peers } = service.container.database;
        for (const [at, { id: sessionId }] of (await sessionsOf(world)).entries()) {
          const account = sandbox.world.accounts[at];
          if (!account || !many) throw new Error('the world lacks them');
          const accessHash = `${channelAccessHash(account, many)}`;
          const known = { channelId: '5000000001', accessHash, type: 'channel', title: 'Many' } as const;
          const learnt = [{ ...known, username: MANY, identifier: null }];
          const owner = { sessionId, leaseId: null };
          const now = service.container.clock.now();
          await peers.learn(owner, learnt, { resolved: false, perDay: 1, tags: [] }, now);
          await peers.takeResolve(owner, '@used_up', 1, now);
        }
        const { body } = await waitingBesideRun(world, 'channel=@elsewhere');
        expect(body.detail.error).toBe('shutting_down');
      },
      { settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
    60 * SECONDS,
  );
});
