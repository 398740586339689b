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

/** Leases of sessions that an admin deactivated. */
export function ofInactive(make: MakeStores): void {
  const using = usingStores(make);
  const asked = { sessionId: 1, alsoInactive: true };

  async function addInactive(stores: Stores): Promise<void> {
    await add(stores, 'a');
    await stores.sessions.edit(1, { active: false }, T0);
  }

  it(
    'are granted only to callers that ask for them explicitly by id',
    using(async (stores) => {
      await addInactive(stores);
      const ordinary = [{}, { sessionId: 1 }, { sessionName: 'a' }, { sessionId: 1, sessionName: 'a' }];
      for (const over of ordinary) expect(await nameFor(stores, over)).toBeNull();
      expect(await nameFor(stores, { alsoInactive: true })).toBeNull();
      expect(await nameFor(stores, { alsoInactive: true, sessionName: 'a' })).toBeNull();
      expect(await nameFor(stores, { method: 'm' })).toBeNull();
      expect(await nameFor(stores, asked)).toBe('a');
      expect(await nameFor(stores, asked)).toBeNull();
    }),
  );

  it(
    'return the session to its old state when they are released or expire',
    using(async (stores) => {
      await addInactive(stores);
      const reason = 'taken out of the pool by an admin';
      const { leaseId } = await lease(stores, asked);
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'leased', stateReason: null });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'inactive', stateReason: reason });
      await lease(stores, { ...asked, ttlSeconds: 1 });
      expect(tally(await stores.pool.counts(T0 + SECOND))).toEqual({ inactive: 1 });
      const { leaseId: given } = await lease(stores, asked, T0 + SECOND);
      await stores.pool.giveBack(1, given, T0 + SECOND);
      expect(await statesOf(stores)).toEqual({ a: 'inactive' });
    }),
  );

  it(
    'are ordinary leases for free sessions, and impossible in any other state',
    using(async (stores) => {
      await add(stores, 'a');
      expect(await nameFor(stores, asked)).toBe('a');
      await stores.pool.block(1, by({ admin: true }), { kind: 'flood', seconds: 9, method: null }, T0);
      expect(await nameFor(stores, asked)).toBeNull();
      await stores.pool.block(1, by({ admin: true }), { kind: 'dead', reason: 'x' }, T0);
      expect(await nameFor(stores, asked)).toBeNull();
    }),
  );

  it(
    'end in the pool if an admin activates the session meanwhile',
    using(async (stores) => {
      await addInactive(stores);
      const { leaseId } = await lease(stores, asked);
      expect(await stores.sessions.edit(1, { active: true }, T0)).toMatchObject({ state: 'leased' });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      expect(await statesOf(stores)).toEqual({ a: 'free' });
    }),
  );
}
