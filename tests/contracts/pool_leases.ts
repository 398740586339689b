import { expect, it } from '@jest/globals';
import {
  add,
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  T0,
  tally,
  usingStores,
  wish,
} from './stores.js';

/** Acquiring, renewing and ending leases. */
export function leasing(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'go to the least recently used session first',
    using(async (stores) => {
      const ids = await add(stores, 'a', 'b', 'c');
      for (const name of ['a', 'b', 'c']) expect(await nameFor(stores)).toBe(name);
      await stores.pool.release(Number(ids.b), by(), null, T0 + 1);
      await stores.pool.release(Number(ids.a), by(), null, T0 + 2);
      expect(await nameFor(stores, {}, T0 + 3)).toBe('b');
      expect(await nameFor(stores, {}, T0 + 3)).toBe('a');
    }),
  );

  it(
    'are for one session each, until all are taken',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const asked = await Promise.all([1, 2, 3].map(() => stores.pool.acquire(wish(), T0)));
      expect(asked.map(({ kind }) => kind).sort()).toEqual(['granted', 'granted', 'none']);
      const none = asked.find((outcome) => outcome.kind === 'none');
      expect(none).toMatchObject({ counts: { total: 2, states: { leased: 2, free: 0 } } });
    }),
  );

  it(
    'describe the session, under the requested id',
    using(async (stores) => {
      const proxyId = await stores.access.addProxy({
        type: 'socks5',
        host: 'h',
        port: 1,
        user: 'u',
        pass: 'x',
      });
      const own = { format: 'telethon', phoneNumber: '+15551234567', userId: '777', apiId: 5 };
      const file = found('a', { ...own, json: 'a.json' });
      await stores.intake.apply([put(file, null, proxyId)], T0);
      await stores.sessions.edit(1, { tags: ['de', 'new'] }, T0);
      expect(await lease(stores, { leaseId: 'L' })).toEqual({
        leaseId: 'L',
        sessionId: 1,
        sessionName: 'a',
        expiresAt: T0 + 600 * SECOND,
        file: 'a.session',
        jsonFile: 'a.json',
        ...own,
        proxy: { type: 'socks5', host: 'h', port: 1, user: 'u', pass: 'x' },
        tags: ['de', 'new'],
        fence: null,
      });
    }),
  );

  it(
    'that were never renewed free the session when they expire, not a moment sooner',
    using(async (stores) => {
      await add(stores, 'a');
      await lease(stores, { ttlSeconds: 10 });
      expect(await nameFor(stores, {}, T0 + 10 * SECOND - 1)).toBeNull();
      expect(await nameFor(stores, {}, T0 + 10 * SECOND)).toBe('a');
    }),
  );

  it(
    'that were renewed cool down first: as long as the lease, at most a minute',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const short = await lease(stores, { ttlSeconds: 5 });
      const long = await lease(stores, { ttlSeconds: 500 });
      await stores.pool.renew(short.sessionId, by({ leaseId: short.leaseId }), null, T0);
      await stores.pool.renew(long.sessionId, by({ leaseId: long.leaseId }), null, T0);
      expect(await nameFor(stores, {}, T0 + 5 * SECOND)).toBeNull();
      expect(tally(await stores.pool.counts(T0 + 5 * SECOND))).toEqual({ cooldown: 1, leased: 1 });
      expect(await nameFor(stores, { holder: 'key:2' }, T0 + 10 * SECOND)).toBe('a');
      await stores.pool.counts(T0 + 500 * SECOND);
      expect(await nameFor(stores, { sessionName: 'b' }, T0 + 560 * SECOND - 1)).toBeNull();
      expect(await nameFor(stores, { sessionName: 'b' }, T0 + 560 * SECOND)).toBe('b');
    }),
  );

  it(
    'are renewed for their own ttl or for another one, which they then keep',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, { ttlSeconds: 100 });
      const renew = (ttl: number | null, at: number) =>
        stores.pool.renew(sessionId, by({ leaseId }), ttl, at);
      expect(await renew(null, T0 + 7)).toEqual({ kind: 'renewed', expiresAt: T0 + 7 + 100 * SECOND });
      expect(await renew(30, T0 + 8)).toEqual({ kind: 'renewed', expiresAt: T0 + 8 + 30 * SECOND });
      expect(await renew(null, T0 + 9)).toEqual({ kind: 'renewed', expiresAt: T0 + 9 + 30 * SECOND });
    }),
  );

  it(
    'are not renewed once they have ended, been taken, or if they were never granted',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, { ttlSeconds: 1 });
      const lost = { kind: 'lease_lost' };
      expect(await stores.pool.renew(sessionId, by({ leaseId: 'other' }), null, T0)).toEqual(lost);
      expect(await stores.pool.renew(999, by({ leaseId }), null, T0)).toEqual(lost);
      expect(await stores.pool.renew(sessionId, by({ leaseId }), null, T0 + SECOND)).toEqual(lost);
      const next = await lease(stores, {}, T0 + SECOND);
      expect(await stores.pool.renew(sessionId, by({ leaseId }), null, T0 + SECOND)).toEqual(lost);
      expect(
        await stores.pool.renew(sessionId, by({ leaseId: next.leaseId }), null, T0 + SECOND),
      ).toMatchObject({
        kind: 'renewed',
      });
    }),
  );

  it(
    'are for sessions with all requested tags, by id, by name, or with a known auth key',
    using(async (stores) => {
      const ids = await add(stores, 'a', 'b', 'c');
      await stores.intake.apply([put(found('d', { authKeySha256: keyOf('k') }))], T0);
      await stores.sessions.edit(Number(ids.b), { tags: ['x'] }, T0);
      await stores.sessions.edit(Number(ids.c), { tags: ['x', 'y'] }, T0);
      expect(await nameFor(stores, { tags: ['y', 'x'] })).toBe('c');
      expect(await nameFor(stores, { tags: ['y', 'x'] })).toBeNull();
      expect(await nameFor(stores, { tags: ['x', 'z'] })).toBeNull();
      expect(await nameFor(stores, { tags: ['x'] })).toBe('b');
      expect(await nameFor(stores, { withCredentials: true })).toBe('d');
      expect(await nameFor(stores, { sessionName: 'a', tags: ['x'] })).toBeNull();
      expect(await nameFor(stores, { sessionId: Number(ids.a), withCredentials: true })).toBeNull();
      expect(await nameFor(stores, { sessionId: Number(ids.a), sessionName: 'a' })).toBe('a');
      expect(await stores.pool.acquire(wish({ sessionId: Number(ids.a) }), T0)).toMatchObject({
        kind: 'none',
      });
      for (const over of [
        { sessionId: 99 },
        { sessionName: 'z' },
        { sessionId: Number(ids.a), sessionName: 'b' },
      ]) {
        expect(await stores.pool.acquire(wish(over), T0)).toEqual({ kind: 'unknown_session' });
      }
    }),
  );

  it(
    'never exceed max_leases of the key',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      const { sessionId } = await lease(stores, { maxLeases: 2 });
      await lease(stores, { maxLeases: 2 });
      const full = { kind: 'max_leases', held: 2, maxLeases: 2 };
      expect(await stores.pool.acquire(wish({ maxLeases: 2 }), T0)).toEqual(full);
      expect(await nameFor(stores, { maxLeases: 2, holder: 'key:2' })).toBe('c');
      await stores.pool.release(sessionId, by(), null, T0);
      expect(await nameFor(stores, { maxLeases: 2 })).toBe('a');
      expect(await nameFor(stores, { maxLeases: 2 }, T0 + 600 * SECOND)).not.toBeNull();
    }),
  );
}
