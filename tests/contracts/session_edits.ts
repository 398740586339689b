import { expect, it } from '@jest/globals';
import {
  add,
  by,
  found,
  lease,
  type MakeStores,
  nameFor,
  put,
  type Stores,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

/** What admins change in sessions. */
export function edits(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'deactivated by an admin are only activated by an admin',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      expect(await stores.sessions.edit(Number(a), { active: false }, T0)).toMatchObject({
        state: 'inactive',
      });
      await stores.intake.apply([put(found('a', { fingerprint: 'touched' }))], T0);
      expect(await nameFor(stores)).toBeNull();
      expect(await stores.sessions.edit(Number(a), { active: true }, T0)).toMatchObject({ state: 'free' });
      expect(await nameFor(stores)).toBe('a');
      expect(await stores.sessions.edit(99, { active: true }, T0)).toBeNull();
    }),
  );

  it(
    'deactivated while leased stay leased until they are released',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const { leaseId } = await lease(stores);
      expect(await stores.sessions.edit(Number(a), { active: false }, T0)).toMatchObject({ state: 'leased' });
      await stores.pool.release(Number(a), by({ leaseId }), null, T0);
      expect(await statesOf(stores)).toEqual({ a: 'inactive' });
    }),
  );

  it(
    'have one row of history for one action',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const { sessions, pool } = stores;
      await sessions.edit(Number(a), { active: false }, T0);
      await sessions.edit(Number(a), { active: false }, T0);
      await sessions.edit(Number(a), { active: true }, T0);
      const { leaseId } = await lease(stores);
      await sessions.edit(Number(a), { active: false }, T0);
      await pool.release(Number(a), by({ leaseId }), null, T0);
      await pool.block(Number(a), by({ admin: true }), { kind: 'invalidate', reason: null }, T0);
      await pool.restore(Number(a), T0);
      const rows = await pool.history(Number(a), { skip: 0, limit: 99 });
      expect(rows?.map(({ event }) => event).toReversed()).toEqual([
        ...[
          'added',
          'deactivated',
          'activated',
          'leased',
          'deactivated',
          'released',
          'invalidated',
          'restored',
        ],
      ]);
    }),
  );

  it(
    'with new tags are found by those, no longer by the old ones',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      await stores.sessions.edit(Number(a), { tags: ['old'] }, T0);
      expect(await stores.sessions.edit(Number(a), { tags: ['new', 'new'] }, T0)).toMatchObject({
        tags: ['new'],
      });
      expect(await nameFor(stores, { tags: ['old'] })).toBeNull();
      expect(await nameFor(stores, { tags: ['new'] })).toBe('a');
    }),
  );

  it(
    'with another proxy are leased with it, or with none',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const proxyId = await addProxy(stores);
      expect(await stores.sessions.edit(Number(a), { proxyId }, T0 + 1)).toMatchObject({
        proxyId,
        updatedAt: T0 + 1,
      });
      const { leaseId, proxy } = await lease(stores);
      expect(proxy).toMatchObject({ host: 'h' });
      await stores.pool.release(Number(a), by({ leaseId }), null, T0);
      expect(await stores.sessions.edit(Number(a), { proxyId: null }, T0)).toMatchObject({ proxyId: null });
      expect((await lease(stores)).proxy).toBeNull();
    }),
  );

  it(
    'keep their proxy',
    using(async (stores) => {
      const [used, unused] = [await addProxy(stores), await addProxy(stores)];
      await stores.intake.apply([put(found('a'), null, used)], T0);
      for (const id of [used, unused, 99]) await stores.sessions.dropProxy(id);
      expect((await stores.access.proxies()).map(({ id }) => id)).toEqual([used]);
    }),
  );

  it(
    'are not affected by an empty or impossible change',
    using(async (stores) => {
      await add(stores, 'a');
      const before = await stores.sessions.session(1);
      expect(await stores.sessions.edit(1, {}, T0 + 1)).toEqual(before);
      await expect(stores.sessions.edit(1, { tags: ['x'], proxyId: 99 }, T0 + 1)).rejects.toThrow();
      expect(await stores.sessions.session(1)).toEqual(before);
    }),
  );
}

function addProxy({ access }: Stores): Promise<number> {
  return access.addProxy({ type: 'socks5', host: 'h', port: 1, user: null, pass: null });
}
