import { expect, it } from '@jest/globals';
import type { Fence } from '../../src/pool/fence.js';
import { add, by, type MakeStores, SECOND, type Stores, T0, usingStores, wish } from './stores.js';

const TTL_SECONDS = 600;
const ADMIN = by({ holder: 'key:admin', admin: true });

async function leased({ pool }: Stores, fence: Fence | null, over = {}, now = T0) {
  const outcome = await pool.acquire(wish({ ttlSeconds: TTL_SECONDS, fence, ...over }), now);
  if (outcome.kind !== 'granted') throw new Error(outcome.kind);
  return outcome.lease;
}

async function stateOf({ sessions }: Stores, id: number): Promise<string | undefined> {
  return (await sessions.session(id))?.state;
}

/** What a fence changes in the lives of leases, and what it is told of them. */
export function fencing(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are those that were asked for, until the next lease of the session',
    using(async (stores) => {
      await add(stores, 'a');
      const { pool, egress, monitoring } = stores;
      const { sessionId, leaseId, fence } = await leased(stores, 'cluster');
      expect(fence).toBe('cluster');
      const [found, ...others] = await egress.fencedLeases([sessionId, 99], T0);
      expect(others).toEqual([]);
      expect(found).toEqual({
        ...{ sessionId, leaseId, sessionName: 'a', holder: 'key:1', proxy: null },
        expiresAt: T0 + TTL_SECONDS * SECOND,
      });
      expect((await monitoring.leases({ skip: 0, limit: 10 }, T0))[0]).toMatchObject({ fence: 'cluster' });
      await pool.release(sessionId, by({ leaseId }), null, T0 + 1);
      expect(await egress.fencedLeases([sessionId], T0 + 1)).toEqual([]);
      expect((await leased(stores, null, {}, T0 + 2)).fence).toBeNull();
      expect(await egress.fencedLeases([sessionId], T0 + 2)).toEqual([]);
    }),
  );

  it.each([
    {},
    { strategy: 'healthiest' },
    { strategy: 'round_robin' },
    { method: 'messages.gethistory' },
    { tags: ['x'] },
    { tags: ['x', 'y'] },
    { channels: ['@news'], resolvesPerDay: 5 },
  ] as const)('pass over sessions with an MTProxy, unless one is named: %p', (over) =>
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      const { pool, access, sessions } = stores;
      const mtproxy = { type: 'mtproxy', host: '192.0.2.1', port: 443, user: null, pass: 'sealed' } as const;
      await sessions.edit(a, { tags: ['x', 'y'], proxyId: await access.addProxy(mtproxy) }, T0);
      await sessions.edit(b, { tags: ['x', 'y'] }, T0);
      const { sessionId, leaseId } = await leased(stores, 'process', over);
      expect(sessionId).toBe(b);
      const wanted = wish({ ...over, fence: 'process' });
      expect((await pool.acquire(wanted, T0 + 1)).kind).toBe('none');
      expect((await leased(stores, 'process', { ...over, sessionName: 'a' }, T0 + 2)).sessionId).toBe(a);
      await pool.release(b, by({ leaseId }), null, T0 + 3);
      expect((await leased(stores, null, over, T0 + 4)).sessionId).toBe(b);
    })(),
  );

  it(
    'are over from their expiry on, whether or not that was applied',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId } = await leased(stores, 'process');
      const end = T0 + TTL_SECONDS * SECOND;
      expect(await stores.egress.fencedLeases([sessionId], end - 1)).toHaveLength(1);
      expect(await stores.egress.fencedLeases([sessionId], end)).toEqual([]);
    }),
  );

  it.each(['process', 'cluster'] as const)('of a %s leave no cool-down when they expire', (fence) =>
    using(async (stores) => {
      await add(stores, 'a');
      const { pool } = stores;
      const { sessionId, leaseId } = await leased(stores, fence);
      await pool.renew(sessionId, by({ leaseId }), null, T0 + SECOND);
      const end = T0 + SECOND + TTL_SECONDS * SECOND;
      await pool.expire(10, end);
      expect(await stateOf(stores, sessionId)).toBe('free');
      const late = await pool.release(sessionId, by({ leaseId }), null, end + 1);
      expect(late).toMatchObject({ kind: 'done', changed: false });
    })(),
  );

  it.each([
    ['process', 'free'],
    ['cluster', 'cooldown'],
    [null, 'cooldown'],
  ] as const)('of a %s leave the session %s when an admin takes it', (fence, state) =>
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { pool } = stores;
      const one = await leased(stores, fence);
      const other = await leased(stores, fence);
      await pool.release(one.sessionId, ADMIN, null, T0 + 1);
      await pool.revokeLeases('key:1', 'key:admin', 10, T0 + 1);
      expect(await stateOf(stores, one.sessionId)).toBe(state);
      expect(await stateOf(stores, other.sessionId)).toBe(state);
      expect(await pool.renew(one.sessionId, by({ leaseId: one.leaseId }), null, T0 + 2)).toEqual({
        kind: 'lease_lost',
      });
    })(),
  );

  it(
    'are not shortened by a renewal',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId, expiresAt } = await leased(stores, 'cluster');
      const renewed = await stores.pool.renew(sessionId, by({ leaseId }), 1, T0 + 1);
      expect(renewed).toEqual({ kind: 'renewed', expiresAt });
    }),
  );

  it(
    'have what went through in the history, also of a session that is gone',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, sessionName, leaseId } = await leased(stores, 'process');
      const lease = { sessionId, sessionName, leaseId, holder: 'key:1' };
      const use = { lease, connections: 2, bytesUp: 10, bytesDown: 2000 };
      const gone = { ...use, lease: { ...lease, sessionId: 99, sessionName: 'gone' } };
      await stores.egress.recordEgress([use, gone], T0 + 5);
      const [entry] = (await stores.pool.history(sessionId, { skip: 0, limit: 1 })) ?? [];
      expect(entry).toMatchObject({
        ...{ at: T0 + 5, event: 'egress', detail: '2 connections, 10 bytes up, 2000 bytes down' },
        ...{ leaseId, holder: 'key:1' },
      });
    }),
  );
}
