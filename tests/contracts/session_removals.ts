import { expect, it } from '@jest/globals';
import {
  add,
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  put,
  SECOND,
  statesOf,
  T0,
  tally,
  usingStores,
  wish,
} from './stores.js';

/** Sessions that an admin removes. */
export function leaving(make: MakeStores): void {
  const using = usingStores(make);
  const copies = [
    put(found('a', { authKeySha256: keyOf('k') })),
    put(found('copy', { authKeySha256: keyOf('k') })),
  ];

  it(
    'are removed from rows and counts, and recorded in the history',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      await stores.sessions.edit(1, { tags: ['x'] }, T0);
      const session = await stores.sessions.session(1);
      expect(await stores.sessions.remove(1, null, T0)).toEqual({ kind: 'removed', session });
      expect(await stores.sessions.remove(1, null, T0)).toEqual({ kind: 'unknown' });
      expect(await statesOf(stores)).toEqual({ b: 'free' });
      expect((await stores.pool.counts(T0)).total).toBe(1);
      const history = await stores.pool.history(1, { skip: 0, limit: 1 });
      expect(history).toMatchObject([{ event: 'removed', detail: 'a' }]);
      expect(await stores.pool.acquire(wish({ tags: ['x'] }), T0)).toMatchObject({ kind: 'none' });
    }),
  );

  it(
    'pass on their auth key, and what Telegram said about it',
    using(async (stores) => {
      await stores.intake.apply(copies, T0);
      await stores.pool.block(1, by({ admin: true }), { kind: 'flood', seconds: 9, method: null }, T0);
      await stores.sessions.remove(1, null, T0);
      expect(await statesOf(stores)).toEqual({ copy: 'flood' });
      expect(tally(await stores.pool.counts(T0 + 9 * SECOND))).toEqual({ free: 1 });
    }),
  );

  it(
    'are refused for sessions that are leased or cool down, except by the lease itself',
    using(async (stores) => {
      await stores.intake.apply(copies, T0);
      const { leaseId } = await lease(stores, { ttlSeconds: 10 });
      await stores.pool.renew(1, by({ leaseId }), null, T0);
      expect(await stores.sessions.remove(1, null, T0)).toEqual({ kind: 'in_use' });
      expect(await stores.sessions.remove(1, 'other', T0)).toEqual({ kind: 'in_use' });
      expect(await stores.sessions.remove(1, null, T0 + 11 * SECOND)).toEqual({ kind: 'in_use' });
      expect(await stores.sessions.remove(1, leaseId, T0 + 11 * SECOND)).toMatchObject({ kind: 'removed' });
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1 });
      expect(await stores.pool.renew(1, by({ leaseId }), null, T0)).toEqual({ kind: 'lease_lost' });
    }),
  );

  it(
    'that are leased leave no lease in the counts of their key',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { sessionId, leaseId } = await lease(stores, { maxLeases: 1 });
      await stores.sessions.remove(sessionId, leaseId, T0);
      expect(await lease(stores, { maxLeases: 1 })).toMatchObject({ sessionName: 'b' });
    }),
  );
}
