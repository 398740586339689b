import { expect, it } from '@jest/globals';
import {
  add,
  by,
  lease,
  type MakeStores,
  nameFor,
  SECOND,
  type Stores,
  T0,
  tally,
  usingStores,
  wish,
} from './stores.js';

/** More than one operation processes. */
const MANY = 40;
const OVER = T0 + SECOND;

/** Leases that expire together, more of them than one operation processes. */
export function massExpiry(make: MakeStores): void {
  const using = usingStores(make);

  /** Leases all of them; returns the one that is processed last. */
  async function leaseAll(stores: Stores) {
    await add(stores, ...Array.from({ length: MANY }, (_, n) => `s${String(n).padStart(2, '0')}`));
    for (let n = 0; n < MANY - 1; n += 1) await lease(stores, { ttlSeconds: 1 });
    await stores.sessions.edit(MANY, { tags: ['last'] }, T0);
    return lease(stores, { ttlSeconds: 1 });
  }

  it(
    'have all ended: none is renewed',
    using(async (stores) => {
      const { sessionId, leaseId } = await leaseAll(stores);
      const caller = by({ leaseId });
      expect(await stores.pool.renew(sessionId, caller, null, OVER)).toEqual({ kind: 'lease_lost' });
    }),
  );

  it(
    'are not ended again by a release',
    using(async (stores) => {
      const { sessionId, leaseId } = await leaseAll(stores);
      const released = await stores.pool.release(sessionId, by({ leaseId }), null, OVER);
      expect(released).toMatchObject({ kind: 'done', changed: false });
    }),
  );

  it(
    'do not block a request for one of them by id',
    using(async (stores) => {
      const { sessionId, sessionName } = await leaseAll(stores);
      expect(await nameFor(stores, { sessionId }, OVER)).toBe(sessionName);
    }),
  );

  it.each([{ tags: ['last'] }, { maxLeases: 1 }])('do not block %j', (over) =>
    using(async (stores) => {
      await leaseAll(stores);
      expect(await stores.pool.acquire(wish(over), OVER)).toMatchObject({ kind: 'granted' });
    })(),
  );

  it(
    'are neither counted nor listed',
    using(async (stores) => {
      await leaseAll(stores);
      expect(await stores.pool.leases({ skip: 0, limit: 99 }, OVER)).toEqual([]);
      expect(tally(await stores.pool.counts(OVER))).toEqual({ free: MANY });
    }),
  );
}
