import { expect, it } from '@jest/globals';
import { add, by, lease, type MakeStores, SECOND, T0, tally, usingStores, wish } from './stores.js';

/** A repeated request gets the same lease, never a second one. */
export function idempotency(make: MakeStores): void {
  const using = usingStores(make);
  const key = { idempotencyKey: 'once' };

  it(
    'get the same lease again, even if sent at the same moment',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const both = await Promise.all([
        stores.pool.acquire(wish(key), T0),
        stores.pool.acquire(wish(key), T0),
      ]);
      const [first, second] = both.map((outcome) => (outcome.kind === 'granted' ? outcome : null));
      expect(first?.repeated).toBe(false);
      expect(second?.repeated).toBe(true);
      expect(second?.lease).toEqual(first?.lease);
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1, leased: 1 });
    }),
  );

  it(
    'do not count against max_leases when repeated',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { leaseId } = await lease(stores, { ...key, maxLeases: 1 });
      expect((await lease(stores, { ...key, maxLeases: 1 })).leaseId).toBe(leaseId);
    }),
  );

  it(
    'return the new expiry of a renewed lease',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, key);
      await stores.pool.renew(sessionId, by({ leaseId }), 900, T0 + SECOND);
      expect((await lease(stores, key, T0 + SECOND)).expiresAt).toBe(T0 + 901 * SECOND);
    }),
  );

  it(
    'are lost together with their lease, whoever holds the session now',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { sessionId } = await lease(stores, key);
      await stores.pool.release(sessionId, by(), null, T0);
      const lost = { kind: 'lease_lost', sessionId };
      expect(await stores.pool.acquire(wish(key), T0)).toEqual(lost);
      await lease(stores, { sessionId, holder: 'key:2' });
      expect(await stores.pool.acquire(wish(key), T0)).toEqual(lost);
    }),
  );

  it(
    'grant nothing new if only a repeat is requested',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const asked = wish({ ...key, onlyRepeat: true });
      expect(await stores.pool.acquire(asked, T0)).toMatchObject({ kind: 'none' });
      const { leaseId } = await lease(stores, key);
      expect(await stores.pool.acquire(asked, T0)).toMatchObject({ kind: 'granted', lease: { leaseId } });
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1, leased: 1 });
    }),
  );

  it(
    'belong to the API key that sent them',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const one = await lease(stores, key);
      const other = await lease(stores, { ...key, holder: 'key:2' });
      expect(other.sessionId).not.toBe(one.sessionId);
    }),
  );

  it(
    'are known for ten minutes',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { leaseId } = await lease(stores, { ...key, ttlSeconds: 3600 });
      expect((await lease(stores, key, T0 + 600 * SECOND - 1)).leaseId).toBe(leaseId);
      expect((await lease(stores, key, T0 + 600 * SECOND)).leaseId).not.toBe(leaseId);
    }),
  );

  it(
    'that found no session may find one later',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId } = await lease(stores);
      expect(await stores.pool.acquire(wish(key), T0)).toMatchObject({ kind: 'none' });
      await stores.pool.release(sessionId, by(), null, T0);
      expect(await stores.pool.acquire(wish(key), T0)).toMatchObject({ kind: 'granted', repeated: false });
    }),
  );

  it(
    'survive an undelivered lease: the next attempt gets a new one',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, key);
      await stores.pool.giveBack(sessionId, leaseId, T0);
      expect((await lease(stores, key)).leaseId).not.toBe(leaseId);
    }),
  );

  it(
    'keep an undelivered lease if its holder asked again and received it',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, key);
      await lease(stores, key);
      await stores.pool.giveBack(sessionId, leaseId, T0);
      expect((await lease(stores, key)).leaseId).toBe(leaseId);
    }),
  );
}
