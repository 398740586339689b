import { expect, it } from '@jest/globals';
import { add, by, lease, type MakeStores, SECOND, T0, tally, usingStores, wish } from './stores.js';

const ALL = { skip: 0, limit: 100 };

/** Counts, lists, history, signals and maintenance. */
export function records(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'end what has expired, a bounded number at a time, and say how many',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      for (let n = 1; n <= 3; n += 1) await lease(stores, { ttlSeconds: n });
      expect(stores.nextDeadline()).toBe(T0 + SECOND);
      expect(await stores.pool.expire(1000, T0 + SECOND - 1)).toBe(0);
      expect(await stores.pool.expire(2, T0 + 9 * SECOND)).toBe(2);
      expect(await stores.pool.expire(2, T0 + 9 * SECOND)).toBe(1);
      expect(await stores.pool.expire(2, T0 + 9 * SECOND)).toBe(0);
      expect(stores.nextDeadline()).toBeNull();
    }),
  );

  it(
    'of leases are oldest first, a page at a time, without ended leases',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      await lease(stores, { leaseId: 'L1', ttlSeconds: 5 });
      await lease(stores, { leaseId: 'L2', holder: 'key:2' }, T0 + 1);
      await lease(stores, { leaseId: 'L3' }, T0 + 2);
      await stores.pool.renew(2, by({ holder: 'key:2', leaseId: 'L2' }), null, T0 + 3);
      const ids = async (page: typeof ALL, now = T0 + 4) =>
        (await stores.pool.leases(page, now)).map(({ leaseId }) => leaseId);
      expect(await ids(ALL)).toEqual(['L1', 'L2', 'L3']);
      expect(await ids({ skip: 1, limit: 1 })).toEqual(['L2']);
      expect((await stores.pool.leases(ALL, T0 + 4, 'key:2')).map(({ leaseId }) => leaseId)).toEqual(['L2']);
      expect((await stores.pool.leases(ALL, T0 + 5))[1]).toEqual({
        sessionId: 2,
        sessionName: 'b',
        leaseId: 'L2',
        holder: 'key:2',
        processName: null,
        leasedAt: T0 + 1,
        expiresAt: T0 + 3 + 600 * SECOND,
        renewed: true,
      });
      expect((await stores.pool.counts(T0 + 5)).oldestLeaseAt).toBe(T0);
      expect(await ids(ALL, T0 + 5 * SECOND)).toEqual(['L2', 'L3']);
    }),
  );

  it(
    'of a session’s history are newest first, even after the session is gone',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, { method: 'm' });
      await stores.pool.release(sessionId, by({ leaseId }), { seconds: 5, method: null }, T0 + 1);
      await stores.pool.counts(T0 + 6 * SECOND);
      const rows = await stores.pool.history(sessionId, ALL);
      expect(rows?.map(({ event }) => event)).toEqual([
        'flood_over',
        'flooded',
        'released',
        'leased',
        'added',
      ]);
      expect(rows?.[3]).toMatchObject({ at: T0, event: 'leased', detail: 'm', leaseId, holder: 'key:1' });
      expect(
        (await stores.pool.history(sessionId, { skip: 1, limit: 1 }))?.map(({ event }) => event),
      ).toEqual(['flooded']);
      await stores.intake.apply([{ kind: 'gone', name: 'a' }], T0 + 7 * SECOND);
      expect((await stores.pool.history(sessionId, ALL))?.[0]).toMatchObject({
        event: 'removed',
        detail: 'a',
      });
      expect(await stores.pool.history(999, ALL)).toBeNull();
    }),
  );

  it(
    'are pruned oldest first, and so are idempotency keys',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId } = await lease(stores, { idempotencyKey: 'k' });
      for (let n = 0; n < 20; n += 1)
        await stores.pool.release(sessionId, by(), { seconds: 1, method: 'm' }, T0);
      await stores.pool.prune(3, T0, 100);
      expect(await stores.pool.history(sessionId, ALL)).toHaveLength(3);
      expect(await stores.pool.acquire(wish({ idempotencyKey: 'k' }), T0)).toMatchObject({
        kind: 'lease_lost',
      });
      await stores.pool.prune(3, T0 + 1, 100);
      expect(await stores.pool.acquire(wish({ idempotencyKey: 'k', method: 'n' }), T0)).toMatchObject({
        kind: 'granted',
      });
    }),
  );

  it(
    'are pruned in bounded batches until none is left',
    using(async (stores) => {
      await add(stores, 'a');
      for (let n = 0; n < 20; n += 1)
        await stores.pool.block(1, by({ admin: true }), { kind: 'flood', seconds: 1, method: `m${n}` }, T0);
      const pruned = [];
      for (let some = 1; some > 0; pruned.push(some)) some = await stores.pool.prune(5, T0, 7);
      expect(pruned).toEqual([7, 7, 2, 0]);
      expect(await stores.pool.history(1, ALL)).toHaveLength(5);
    }),
  );

  it(
    'of an undelivered lease show that it ended, but only while it is the current one',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores);
      await stores.pool.giveBack(sessionId, 'other', T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ leased: 1 });
      await stores.pool.giveBack(sessionId, leaseId, T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1 });
      expect((await stores.pool.history(sessionId, ALL))?.[0]).toMatchObject({ event: 'undelivered' });
    }),
  );

  it(
    'count every session once, in one state',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c', 'd', 'e', 'f');
      for (const sessionId of [1, 2, 3, 4]) await lease(stores, { sessionId, ttlSeconds: 10 });
      const [held] = await stores.pool.leases(ALL, T0);
      await stores.pool.renew(1, by({ leaseId: held?.leaseId ?? '' }), null, T0);
      await stores.pool.block(2, by({ admin: true }), { kind: 'flood', seconds: 99, method: null }, T0);
      await stores.pool.block(3, by({ admin: true }), { kind: 'invalidate', reason: null }, T0);
      await stores.pool.block(5, by({ admin: true }), { kind: 'dead', reason: 'x' }, T0);
      await stores.sessions.edit(6, { active: false }, T0);
      const counts = await stores.pool.counts(T0 + 10 * SECOND);
      expect(tally(counts)).toEqual({ cooldown: 1, flood: 1, invalid: 1, free: 1, dead: 1, inactive: 1 });
      expect(counts.total).toBe(6);
      expect(counts.nextFloodEnd).toBe(T0 + 99 * SECOND);
    }),
  );

  it(
    'notify listeners of events and freed sessions, after the commit',
    using(async (stores) => {
      const events: string[] = [];
      let freed = 0;
      stores.onHappened((notices) => events.push(...notices.map(({ event }) => event)));
      stores.onFreed((count) => {
        freed += count;
      });
      await add(stores, 'a');
      const { sessionId } = await lease(stores);
      expect(freed).toBe(1);
      await stores.pool.release(sessionId, by(), null, T0);
      await stores.pool.release(sessionId, by(), null, T0);
      expect(freed).toBe(2);
      expect(events).toEqual(['added', 'leased', 'released']);
    }),
  );
}
