import { expect, it } from '@jest/globals';
import { DAY_MS } from '../../src/kernel/clock.js';
import { RESOLVE_METHOD } from '../../src/peers/resolve_budget.js';
import { channel, known, save } from './known_peers.js';
import { add, by, lease, type MakeStores, SECOND, type Stores, T0, usingStores, wish } from './stores.js';

const PER_DAY = 3;

/** Resolves names without a lease that has reserved them; says which it may. */
async function resolve({ peers }: Stores, sessionId: number, names: readonly string[], now = T0) {
  const taken: boolean[] = [];
  for (const name of names)
    taken.push((await peers.takeResolve({ sessionId, leaseId: null }, name, PER_DAY, now)) !== null);
  return taken;
}

async function budget({ peers }: Stores, sessionId: number, now = T0, perDay = PER_DAY) {
  const found = await peers.budget(sessionId, perDay, now);
  return found && { perDay: found.perDay, used: found.used, left: found.left, nextAt: found.nextAt };
}

/** What sessions may resolve within 24 hours. */
export function resolveBudgets(make: MakeStores): void {
  const using = usingStores(make);
  const wanted = { resolvesPerDay: PER_DAY };

  it(
    'count resolves within 24 hours, and refuse more',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      expect(await resolve(stores, a, ['@one', '@two'])).toEqual([true, true]);
      expect(await resolve(stores, a, ['@one', '@four'], T0 + SECOND)).toEqual([true, false]);
      expect(await budget(stores, a, T0 + SECOND)).toEqual({
        ...{ perDay: PER_DAY, used: 3, left: 0 },
        nextAt: T0 + DAY_MS,
      });
      expect(await budget(stores, b)).toEqual({ perDay: PER_DAY, used: 0, left: PER_DAY, nextAt: T0 });
      expect(await budget(stores, a, T0 + DAY_MS)).toMatchObject({ used: 1, left: 2 });
      expect(await resolve(stores, a, ['@five'], T0 + DAY_MS)).toEqual([true]);
      expect(await stores.peers.budget(99, PER_DAY, T0)).toBeNull();
    }),
  );

  it(
    'are reserved by a lease for the names that its session does not know, and used once',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [channel('known')]);
      const channels = ['@known', '@NEW', '5'];
      const { leaseId, sessionId } = await lease(stores, { ...wanted, channels });
      expect(await budget(stores, a)).toMatchObject({ used: 1, left: 2 });
      const owner = { sessionId, leaseId };
      expect(await stores.peers.takeResolve(owner, '@new', PER_DAY, T0)).toBe(0);
      expect(await budget(stores, a)).toMatchObject({ used: 1 });
      expect(await stores.peers.takeResolve(owner, '@new', PER_DAY, T0)).toBe(1);
      expect(await budget(stores, a)).toMatchObject({ used: 2 });
    }),
  );

  it(
    'come back from a lease that was never delivered, or of the service itself, unless it has used them',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const channels = ['@one', '@two', '@three'];
      const first = await lease(stores, { ...wanted, channels });
      expect(await budget(stores, a)).toMatchObject({ left: 0 });
      await stores.pool.giveBack(a, first.leaseId, T0);
      expect(await budget(stores, a)).toMatchObject({ left: PER_DAY });
      const second = await lease(stores, { ...wanted, channels });
      await stores.peers.takeResolve({ sessionId: a, leaseId: second.leaseId }, '@two', PER_DAY, T0);
      await stores.peers.returnReserved(a, second.leaseId);
      expect(await budget(stores, a)).toMatchObject({ left: PER_DAY - 1 });
      await stores.pool.release(a, by({ leaseId: second.leaseId }), null, T0);
      const third = await lease(stores, { ...wanted, channels: ['@four'] });
      await stores.pool.release(a, by({ leaseId: third.leaseId }), null, T0);
      expect(await budget(stores, a)).toMatchObject({ left: 1 });
    }),
  );

  it(
    'count what workers have resolved, once, however often they say it',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const { leaseId } = await lease(stores, { ...wanted, channels: ['@asked'] });
      const owner = { sessionId: a, leaseId };
      const learnt = [channel('asked'), channel('more'), channel('other', '9')];
      const withName = learnt.map((peer) => ({ ...peer, identifier: null }));
      const rules = { resolved: true, perDay: PER_DAY, tags: [] };
      expect(await stores.peers.learn(owner, [...withName, ...withName], rules, T0)).toBe(2);
      expect(await stores.peers.learn(owner, withName, rules, T0)).toBe(0);
      expect(await budget(stores, a)).toMatchObject({ used: 3, left: 0 });
      const group = { channelId: '5', accessHash: null, type: 'chat', title: '', username: null } as const;
      expect(await stores.peers.learn(owner, [{ ...group, identifier: null }], rules, T0)).toBe(0);
      const free = { ...rules, resolved: false };
      const found = [{ ...channel('found'), identifier: null }];
      expect(await stores.peers.learn(owner, found, free, T0)).toBe(0);
      expect(await known(stores, a, '@found')).not.toBeNull();
    }),
  );

  it(
    'are lowered by a flood that says so, and grow back day by day',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const setting = 100;
      for (let at = 0; at < 20; at += 1)
        await stores.peers.takeResolve({ sessionId: a, leaseId: null }, `@c${at}`, setting, T0);
      const { leaseId } = await lease(stores);
      const flood = { kind: 'flood', method: RESOLVE_METHOD.toLowerCase() } as const;
      await stores.pool.block(a, by({ leaseId }), { ...flood, seconds: 5 }, T0);
      expect(await budget(stores, a, T0, setting)).toMatchObject({ perDay: setting });
      await stores.pool.block(a, by({ leaseId }), { ...flood, seconds: 66_230 }, T0);
      await stores.pool.block(a, by({ leaseId }), { ...flood, seconds: 66_230 }, T0);
      expect(await budget(stores, a, T0, setting)).toMatchObject({ perDay: 18, used: 20, left: 0 });
      expect(await budget(stores, a, T0 + 3 * DAY_MS, setting)).toMatchObject({ perDay: 48, left: 48 });
      expect(await budget(stores, a, T0 + 30 * DAY_MS, setting)).toMatchObject({ perDay: setting });
    }),
  );

  it(
    'are told of many sessions at once as of each of them',
    using(async (stores) => {
      const { a = 0, b = 0, c = 0 } = await add(stores, 'a', 'b', 'c');
      await resolve(stores, a, ['@one', '@two', '@three']);
      await resolve(stores, b, ['@one', '@two']);
      const flood = { kind: 'flood', method: RESOLVE_METHOD.toLowerCase(), seconds: 66_230 } as const;
      await stores.pool.block(b, by({ admin: true }), flood, T0);
      const left = async (now: number) => [
        ...(await stores.peers.resolvesLeft([a, b, c], PER_DAY, now)).values(),
      ];
      expect(await left(T0)).toEqual([0, 0, PER_DAY]);
      for (const now of [T0, T0 + DAY_MS, T0 + 9 * DAY_MS]) {
        const each = await Promise.all([a, b, c].map(async (id) => (await budget(stores, id, now))?.left));
        expect(await left(now)).toEqual(each);
      }
    }),
  );

  it(
    'are added up for all sessions in service',
    using(async (stores) => {
      const { a = 0, b = 0, c = 0 } = await add(stores, 'a', 'b', 'c');
      await resolve(stores, a, ['@one', '@two', '@three']);
      await resolve(stores, b, ['@one']);
      await stores.sessions.edit(c, { active: false }, T0);
      const all = { setting: PER_DAY, afterId: 0, limit: 10 };
      const last = await stores.peers.poolBudget(all, T0);
      expect(last).toMatchObject({ left: 2, usedUp: 1 });
      expect(await stores.peers.poolBudget(all, T0 + DAY_MS)).toMatchObject({ left: 6, usedUp: 0 });
      expect(await stores.peers.resolvesLeft([a, b, 99], PER_DAY, T0)).toEqual(
        new Map([
          [a, 0],
          [b, 2],
          [99, 3],
        ]),
      );
      expect(await stores.peers.resolvesLeft([], PER_DAY, T0)).toEqual(new Map());
      const after = { ...all, afterId: last.lastId ?? 0 };
      expect(await stores.peers.poolBudget(after, T0)).toEqual({ left: 0, usedUp: 0, lastId: null });
      const parts = await Promise.all(
        [0, 1, 2].map((afterId) => stores.peers.poolBudget({ ...all, afterId, limit: 1 }, T0)),
      );
      expect(parts.reduce((sum, { left }) => sum + left, 0)).toBe(2);
    }),
  );

  it(
    'follow the setting, and forget the resolves of the days before',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await resolve(stores, a, ['@one', '@two', '@three']);
      const request = { channels: ['@new'], resolvesPerDay: PER_DAY };
      expect(await stores.pool.acquire(wish(request), T0)).toMatchObject({ kind: 'none' });
      const { leaseId } = await lease(stores, { ...request, resolvesPerDay: PER_DAY + 1 });
      await stores.pool.giveBack(a, leaseId, T0);
      expect(await stores.peers.prune(T0 + DAY_MS - 1, 2)).toBe(2);
      expect(await stores.peers.prune(T0 + DAY_MS - 1, 2)).toBe(1);
      expect(await stores.peers.prune(T0 + DAY_MS - 1, 2)).toBe(0);
      expect(await budget(stores, a)).toMatchObject({ used: 0 });
    }),
  );
}
