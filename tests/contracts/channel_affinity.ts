import { expect, it } from '@jest/globals';
import { DAY_MS } from '../../src/kernel/clock.js';
import { RESOLVE_METHOD } from '../../src/peers/resolve_budget.js';
import type { AcquireOutcome, AcquireRequest } from '../../src/pool/store.js';
import { channel, save } from './known_peers.js';
import {
  add,
  by,
  lease,
  type MakeStores,
  nameFor,
  SECOND,
  type Stores,
  T0,
  usingStores,
  wish,
} from './stores.js';

const FOR_NEWS = { channels: ['@news'], resolvesPerDay: 1 };

/** Leases a session for the channels, and releases it. */
async function use(stores: Stores, over: Partial<AcquireRequest>, now: number): Promise<string> {
  const { sessionId, sessionName, leaseId } = await lease(stores, over, now);
  await stores.pool.release(sessionId, by({ leaseId }), null, now);
  return sessionName;
}

function shortageOf(outcome: AcquireOutcome) {
  return outcome.kind === 'none' ? (outcome.shortage ?? null) : 'granted';
}

/** Which session a request for channels gets. */
export function channelAffinity(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'is the least recently used that knows most of them',
    using(async (stores) => {
      const { b = 0, c = 0, d = 0 } = await add(stores, 'a', 'b', 'c', 'd');
      await save(stores, c, [channel('news'), channel('more', '8')]);
      await save(stores, d, [channel('news'), channel('more', '8')]);
      await save(stores, b, [channel('news')]);
      const both = { channels: ['@NEWS', '8'], resolvesPerDay: 5 };
      expect(await use(stores, both, T0)).toBe('c');
      expect(await use(stores, both, T0 + 1)).toBe('d');
      expect(await use(stores, both, T0 + 2)).toBe('c');
      await lease(stores, { sessionId: c }, T0 + 3);
      await lease(stores, { sessionId: d }, T0 + 3);
      expect(await nameFor(stores, both, T0 + 4)).toBe('b');
      expect(await nameFor(stores, both, T0 + 5)).toBe('a');
      expect(await nameFor(stores, both, T0 + 6)).toBeNull();
      const outcome = await stores.pool.acquire(wish(both), T0 + 7);
      expect(shortageOf(outcome)).toBeNull();
    }),
  );

  it(
    'is none of those that the request excepts, whether they know the channels or not',
    using(async (stores) => {
      const { a = 0, b = 0, c = 0 } = await add(stores, 'a', 'b', 'c', 'd');
      await save(stores, b, [channel('news')]);
      await save(stores, c, [channel('news')]);
      expect(await nameFor(stores, { ...FOR_NEWS, except: [b] }, T0)).toBe('c');
      expect(await nameFor(stores, { ...FOR_NEWS, except: [b, a] }, T0 + 1)).toBe('d');
      expect(await nameFor(stores, { ...FOR_NEWS, except: [b, a] }, T0 + 2)).toBeNull();
      expect(await nameFor(stores, { ...FOR_NEWS, except: [] }, T0 + 3)).toBe('b');
    }),
  );

  it(
    'is another one with a resolve left, the least recently used, and is counted there',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      expect(await stores.pool.acquire(wish(FOR_NEWS), T0)).toMatchObject({ kind: 'granted', toResolve: 1 });
      const { leaseId } = await lease(stores, FOR_NEWS, T0 + 1);
      const last = await stores.pool.acquire(wish(FOR_NEWS), T0 + 2);
      expect(shortageOf(last)).toBeNull();
      await stores.pool.giveBack(2, leaseId, T0 + 3);
      expect(await nameFor(stores, FOR_NEWS, T0 + 4)).toBe('b');
    }),
  );

  it(
    'is none where those that are free may resolve nothing, until one knows the channel, comes free or may again',
    using(async (stores) => {
      const { b = 0 } = await add(stores, 'a', 'b');
      await use(stores, FOR_NEWS, T0);
      await use(stores, FOR_NEWS, T0 + SECOND);
      const short = { left: 0, nextAt: T0 + DAY_MS, isKnownElsewhere: false };
      expect(shortageOf(await stores.pool.acquire(wish(FOR_NEWS), T0 + 2 * SECOND))).toEqual(short);
      expect(await stores.pool.resolveShortage(wish(FOR_NEWS), T0 + 2 * SECOND)).toEqual(short);
      // A plain request, and one by id, need no resolves.
      expect(await use(stores, {}, T0 + 3 * SECOND)).toBe('a');
      expect(await use(stores, { ...FOR_NEWS, channels: ['77'] }, T0 + 4 * SECOND)).toBe('b');
      await save(stores, b, [channel('news')]);
      expect(await use(stores, FOR_NEWS, T0 + 5 * SECOND)).toBe('b');
      const held = await lease(stores, FOR_NEWS, T0 + 6 * SECOND);
      expect(shortageOf(await stores.pool.acquire(wish(FOR_NEWS), T0 + 7 * SECOND))).toEqual({
        ...short,
        isKnownElsewhere: true,
      });
      await stores.pool.release(b, by({ leaseId: held.leaseId }), null, T0 + 8 * SECOND);
      expect(await use(stores, FOR_NEWS, T0 + 9 * SECOND)).toBe('b');
      await stores.peers.forget(b, '@news', false, { tags: [] });
      expect(await nameFor(stores, FOR_NEWS, T0 + DAY_MS)).toBe('a');
    }),
  );

  it(
    'needs as many resolves left as it has names to resolve',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const three = { channels: ['@one', '@two', '@three'], resolvesPerDay: 3 };
      await use(stores, { ...three, channels: ['@other'] }, T0);
      expect(shortageOf(await stores.pool.acquire(wish(three), T0 + 1))).toEqual({
        ...{ left: 2, nextAt: T0 + DAY_MS, isKnownElsewhere: false },
      });
      await save(stores, a, [channel('two')]);
      expect(await stores.pool.acquire(wish(three), T0 + 2)).toMatchObject({ kind: 'granted', toResolve: 2 });
      const never = { ...three, sessionId: null, resolvesPerDay: 2, channels: ['@x', '@y', '@z'] };
      await stores.pool.restore(a, T0 + 3);
      await add(stores, 'b');
      expect(shortageOf(await stores.pool.acquire(wish(never), T0 + 3))).toMatchObject({ nextAt: null });
    }),
  );

  it(
    'is the one of many that has enough left, and is foreseen where all have too little',
    using(async (stores) => {
      const names = Array.from({ length: 60 }, (_, at) => `s${String(at).padStart(2, '0')}`);
      const ids = await add(stores, ...names);
      const three = { channels: ['@one', '@two', '@three'], resolvesPerDay: 10 };
      for (const [at, name] of names.entries())
        for (let made = 0; made < 8; made += 1) {
          const owner = { sessionId: ids[name] ?? 0, leaseId: null };
          await stores.peers.takeResolve(owner, `@m${made}`, 10, T0 + (at === 40 ? 0 : SECOND) + made);
        }
      const short = await stores.pool.acquire(wish(three), T0 + 60 * SECOND);
      expect(shortageOf(short)).toEqual({ left: 2, nextAt: T0 + DAY_MS, isKnownElsewhere: false });
      const fewer = { ...three, channels: ['@one', '@two', '@three', '@four'] };
      const later = await stores.pool.acquire(wish(fewer), T0 + 60 * SECOND);
      expect(shortageOf(later)).toMatchObject({ left: 2, nextAt: T0 + DAY_MS + 1 });
      await save(stores, ids.s55 ?? 0, [channel('one')]);
      await lease(stores, { sessionId: ids.s55 ?? 0 }, T0 + 61 * SECOND);
      expect(await nameFor(stores, { ...three, channels: ['@one', '@two'] }, T0 + 62 * SECOND)).toBe('s00');
      const others = { ...three, channels: ['@four', '@five', '@six'] };
      expect(await nameFor(stores, others, T0 + DAY_MS)).toBe('s40');
    }),
  );

  it(
    'has enough left as soon as a lowered budget has grown',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const four = { channels: ['@one', '@two', '@three', '@four'], resolvesPerDay: 10 };
      for (const name of ['@m1', '@m2', '@m3'])
        await stores.peers.takeResolve({ sessionId: a, leaseId: null }, name, 10, T0);
      const flood = { kind: 'flood', seconds: 60, method: RESOLVE_METHOD.toLowerCase() } as const;
      await stores.pool.block(a, by({ admin: true }), flood, T0);
      const now = T0 + DAY_MS + SECOND;
      expect(shortageOf(await stores.pool.acquire(wish(four), now))).toMatchObject({
        ...{ left: 3, nextAt: T0 + 2 * DAY_MS },
      });
    }),
  );

  it(
    'meets the other conditions of the request first',
    using(async (stores) => {
      const { a = 0, b = 0, c = 0 } = await add(stores, 'a', 'b', 'c');
      await stores.sessions.edit(b, { tags: ['eu'] }, T0);
      await save(stores, a, [channel('news')]);
      expect(await use(stores, { ...FOR_NEWS, tags: ['eu'] }, T0)).toBe('b');
      expect(await use(stores, { ...FOR_NEWS, sessionId: c }, T0 + 1)).toBe('c');
      expect(await use(stores, { ...FOR_NEWS, sessionName: 'a' }, T0 + 2)).toBe('a');
      const missing = await stores.pool.acquire(wish({ ...FOR_NEWS, sessionId: 99 }), T0);
      expect(missing).toEqual({ kind: 'unknown_session' });
      const keyed = await stores.pool.acquire(wish({ ...FOR_NEWS, withCredentials: true }), T0 + 3);
      expect(shortageOf(keyed)).toBeNull();
      const full = { ...FOR_NEWS, maxLeases: 1, holder: 'key:2' };
      await lease(stores, { ...full, idempotencyKey: 'k' }, T0 + 4);
      expect(await stores.pool.acquire(wish({ ...full, idempotencyKey: 'k' }), T0 + 5)).toMatchObject({
        ...{ kind: 'granted', repeated: true },
      });
      expect(await stores.pool.acquire(wish(full), T0 + 5)).toMatchObject({ kind: 'max_leases' });
    }),
  );

  it(
    'may be flooded for finding names if it knows them already, but for nothing else',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      const flood = (id: number, method: string, leaseId: string) =>
        stores.pool.block(id, by({ leaseId }), { kind: 'flood', seconds: 600, method }, T0);
      for (const [id, method] of [
        [a, RESOLVE_METHOD.toLowerCase()],
        [b, 'messages.search'],
      ] as const) {
        const { leaseId } = await lease(stores, { sessionId: id });
        await flood(id, method, leaseId);
        await stores.pool.release(id, by({ leaseId }), null, T0);
      }
      expect(await nameFor(stores)).toBeNull();
      expect(shortageOf(await stores.pool.acquire(wish(FOR_NEWS), T0))).toMatchObject({
        ...{ left: 0, nextAt: T0 + 600 * SECOND },
      });
      await save(stores, a, [channel('news')]);
      expect(await use(stores, FOR_NEWS, T0)).toBe('a');
      const method = 'messages.getHistory'.toLowerCase();
      expect(await use(stores, { ...FOR_NEWS, channels: ['@new'], method }, T0)).toBe('b');
    }),
  );

  it(
    'is not about to come free where only a dead, a missing or a frozen one knows them',
    using(async (stores) => {
      const { a = 0, b = 0, c = 0, d = 0 } = await add(stores, 'a', 'b', 'c', 'd');
      for (const id of [a, b, c]) await save(stores, id, [channel('news')]);
      const admin = by({ admin: true });
      await stores.pool.block(a, admin, { kind: 'dead', reason: 'SESSION_REVOKED' }, T0);
      const frozen = { reason: 'FROZEN_METHOD_INVALID', since: T0, until: null, appealUrl: null };
      await stores.pool.block(b, admin, { kind: 'freeze', method: null, ...frozen }, T0);
      await stores.sessions.edit(c, { active: false }, T0);
      await use(stores, { ...FOR_NEWS, sessionId: d, channels: ['@other'] }, T0);
      const short = await stores.pool.acquire(wish(FOR_NEWS), T0 + 1);
      expect(shortageOf(short)).toMatchObject({ left: 0, isKnownElsewhere: false });
    }),
  );

  it(
    'may be a frozen one that knows them, for everything but what it was refused, if that is allowed',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [channel('news')]);
      const [refused, other] = ['messages.search', 'messages.gethistory'];
      const frozen = { reason: 'FROZEN_METHOD_INVALID', since: T0, until: null, appealUrl: null };
      await stores.pool.block(a, by({ admin: true }), { kind: 'freeze', method: refused, ...frozen }, T0);
      const allowed = { ...FOR_NEWS, allowFrozen: true };
      expect(await nameFor(stores, { ...allowed, method: refused }, T0)).toBeNull();
      expect(await nameFor(stores, { ...allowed, channels: ['@unknown'] }, T0)).toBeNull();
      expect(await nameFor(stores, FOR_NEWS, T0)).toBeNull();
      expect(await use(stores, { ...allowed, method: other }, T0)).toBe('a');
      expect(await use(stores, allowed, T0 + 1)).toBe('a');
    }),
  );

  it(
    'is one session for one request, however many ask at once, and no more than the budget allows',
    using(async (stores) => {
      const names = Array.from({ length: 10 }, (_, at) => `s${at}`);
      await add(stores, ...names);
      const asked = Array.from({ length: 25 }, (_, at) =>
        stores.pool.acquire(wish({ channels: [`@channel_${at % 5}`], resolvesPerDay: 1 }), T0),
      );
      const outcomes = await Promise.all(asked);
      const leased = outcomes.flatMap((each) => (each.kind === 'granted' ? each.lease.sessionId : []));
      expect(leased).toHaveLength(10);
      expect(new Set(leased).size).toBe(10);
      const all = { setting: 1, afterId: 0, limit: 20 };
      expect(await stores.peers.poolBudget(all, T0)).toMatchObject({ left: 0, usedUp: 10 });
    }),
  );
}
