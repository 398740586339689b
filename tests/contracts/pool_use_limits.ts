import { expect, it } from '@jest/globals';
import {
  add,
  by,
  lease,
  type MakeStores,
  nameFor,
  SECOND,
  type Stores,
  statesOf,
  T0,
  tally,
  usingStores,
} from './stores.js';

const DAY = 86_400 * SECOND;
/** The first midnight in UTC after T0. */
const MIDNIGHT = Math.ceil(T0 / DAY) * DAY;

/** How often sessions with a limited tag are leased in a day. */
export function useLimits(make: MakeStores): void {
  const using = usingStores(make);

  async function setLimit(stores: Stores, tag: string, maxUsesPerDay: number, rampDays = 0, now = T0) {
    await stores.tagLimits.set({ tag, maxUsesPerDay, rampDays });
    for (let last: number | null = 0; last !== null; ) last = await stores.tagLimits.apply(tag, last, 2, now);
  }

  async function tagged(stores: Stores, ...names: string[]): Promise<void> {
    const ids = await add(stores, ...names);
    for (const id of Object.values(ids)) await stores.sessions.edit(id, { tags: ['new'] }, T0);
  }

  /** Leases and releases until nothing is free; how many leases that were. */
  async function usesLeft(stores: Stores, now: number, over = {}): Promise<number> {
    for (let uses = 0; ; uses += 1) {
      const outcome = await stores.pool.acquire({ ...request(), ...over }, now);
      if (outcome.kind !== 'granted') return uses;
      const { sessionId, leaseId } = outcome.lease;
      await stores.pool.release(sessionId, by({ leaseId }), null, now);
    }
  }

  let leases = 0;
  function request() {
    leases += 1;
    const any = { tags: [], sessionId: null, sessionName: null, alsoInactive: false, method: null };
    const plain = { maxLeases: null, withCredentials: false, idempotencyKey: null, ttlSeconds: 600 };
    return { leaseId: `use-${leases}`, holder: 'key:1', address: '192.0.2.1', ...any, ...plain };
  }

  it(
    'hold for each session, and until midnight in UTC',
    using(async (stores) => {
      await tagged(stores, 'a', 'b');
      await add(stores, 'c');
      await setLimit(stores, 'new', 3);
      expect(await usesLeft(stores, T0, { tags: ['new'] })).toBe(6);
      expect(await statesOf(stores)).toEqual({ a: 'used_up', b: 'used_up', c: 'free' });
      expect(await stores.sessions.session(1)).toMatchObject({
        ...{ usesToday: 3, stateUntil: MIDNIGHT, stateReason: 'all uses of the day' },
      });
      const counts = await stores.pool.counts(T0, { ...request(), tags: ['new'] });
      expect(counts).toMatchObject({ nextUsedUpEnd: MIDNIGHT, total: 2 });
      expect((await stores.pool.counts(T0)).nextUsedUpEnd).toBe(MIDNIGHT);
      expect(stores.nextDeadline()).toBeLessThanOrEqual(MIDNIGHT);
      for (const over of [{ sessionId: 1 }, { sessionName: 'a' }, { tags: ['new'], allowFrozen: true }])
        expect(await nameFor(stores, over, MIDNIGHT - 1)).toBeNull();
      expect(await usesLeft(stores, MIDNIGHT, { tags: ['new'] })).toBe(6);
    }),
  );

  it(
    'grow over the first days of a session, from at least one use',
    using(async (stores) => {
      await tagged(stores, 'a');
      await setLimit(stores, 'new', 10, 4);
      const uses = [];
      for (let day = 0; day < 5; day += 1) uses.push(await usesLeft(stores, T0 + day * DAY));
      expect(uses).toEqual([2, 5, 7, 10, 10]);
      await setLimit(stores, 'new', 1, 100, T0 + 5 * DAY);
      expect(await usesLeft(stores, T0 + 5 * DAY)).toBe(1);
    }),
  );

  it(
    'count the lease that is still held when the day ends on the day on which it began',
    using(async (stores) => {
      await tagged(stores, 'a');
      await setLimit(stores, 'new', 1);
      const { leaseId } = await lease(stores, { ttlSeconds: 7200 }, MIDNIGHT - SECOND);
      await stores.pool.release(1, by({ leaseId }), null, MIDNIGHT + SECOND);
      expect(await usesLeft(stores, MIDNIGHT + SECOND)).toBe(1);
    }),
  );

  it(
    'of several tags: the lowest counts',
    using(async (stores) => {
      await add(stores, 'a');
      await setLimit(stores, 'x', 5);
      await setLimit(stores, 'y', 2);
      await stores.sessions.edit(1, { tags: ['x', 'y', 'z'] }, T0);
      expect(await usesLeft(stores, T0)).toBe(2);
      await stores.sessions.edit(1, { tags: ['x'] }, T0);
      expect(await usesLeft(stores, T0)).toBe(3);
      await stores.sessions.edit(1, { tags: ['x', 'y'] }, T0);
      expect(await nameFor(stores)).toBeNull();
      await stores.sessions.edit(1, { tags: [] }, T0);
      expect(await nameFor(stores)).toBe('a');
    }),
  );

  it(
    'hold at once when they are set, changed and removed, for sessions in use when they come back',
    using(async (stores) => {
      await tagged(stores, 'a', 'b', 'c');
      const held = await lease(stores, { sessionName: 'c' });
      for (const sessionName of ['a', 'b']) expect(await nameFor(stores, { sessionName })).toBe(sessionName);
      for (const id of [1, 2]) await stores.pool.release(id, by(), null, T0);
      await setLimit(stores, 'new', 1);
      expect(await statesOf(stores)).toEqual({ a: 'used_up', b: 'used_up', c: 'leased' });
      await stores.pool.release(3, by({ leaseId: held.leaseId }), null, T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ used_up: 3 });
      await setLimit(stores, 'new', 2);
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 3 });
      await setLimit(stores, 'new', 1);
      expect(await stores.tagLimits.remove('new')).toBe(true);
      expect(await stores.tagLimits.remove('new')).toBe(false);
      for (let last: number | null = 0; last !== null; )
        last = await stores.tagLimits.apply('new', last, 2, T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 3 });
    }),
  );

  it(
    'count neither a lease that nobody received nor one of the service to look after the session',
    using(async (stores) => {
      await tagged(stores, 'a');
      await setLimit(stores, 'new', 1);
      const { leaseId } = await lease(stores);
      await stores.pool.giveBack(1, leaseId, T0);
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'free', usesToday: 0 });
      expect(await usesLeft(stores, T0)).toBe(1);
      const upkeep = await lease(stores, { sessionId: 1, alsoInactive: true });
      await stores.pool.release(1, by({ leaseId: upkeep.leaseId }), null, T0);
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'used_up', usesToday: 1 });
    }),
  );

  it(
    'hold for a session whose lease never reached its client although they were lowered meanwhile',
    using(async (stores) => {
      await tagged(stores, 'a');
      await setLimit(stores, 'new', 3);
      const first = await lease(stores);
      await stores.pool.release(1, by({ leaseId: first.leaseId }), null, T0);
      const { leaseId } = await lease(stores);
      await setLimit(stores, 'new', 1);
      await stores.pool.giveBack(1, leaseId, T0);
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'used_up', usesToday: 1 });
      expect(await usesLeft(stores, T0)).toBe(0);
      expect(await usesLeft(stores, MIDNIGHT)).toBe(1);
    }),
  );

  it(
    'are listed by tag',
    using(async (stores) => {
      await setLimit(stores, 'b', 5, 3);
      await setLimit(stores, 'a', 1);
      await setLimit(stores, 'b', 6);
      expect(await stores.tagLimits.list()).toEqual([
        { tag: 'a', maxUsesPerDay: 1, rampDays: 0 },
        { tag: 'b', maxUsesPerDay: 6, rampDays: 0 },
      ]);
    }),
  );
}
