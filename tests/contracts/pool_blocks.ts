import { expect, it } from '@jest/globals';
import type { Block } from '../../src/pool/store.js';
import { add, by, lease, type MakeStores, nameFor, SECOND, T0, tally, usingStores } from './stores.js';

const flood = (seconds: number, method: string | null = null): Block => ({ kind: 'flood', seconds, method });
const NEW_CENTURY = Date.UTC(2099, 0, 1);

/** What blocks sessions from being leased, and what unblocks them. */
export function blocking(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'by a flood wait end the lease, and last as long as the wait',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores);
      const blocked = await stores.pool.block(sessionId, by({ leaseId }), flood(60), T0);
      expect(blocked).toMatchObject({ kind: 'blocked', state: 'flood', until: T0 + 60 * SECOND });
      expect(await stores.pool.renew(sessionId, by({ leaseId }), null, T0)).toEqual({ kind: 'lease_lost' });
      expect(await nameFor(stores, {}, T0 + 60 * SECOND - 1)).toBeNull();
      expect((await stores.pool.counts(T0)).nextFloodEnd).toBe(T0 + 60 * SECOND);
      expect(await nameFor(stores, {}, T0 + 60 * SECOND)).toBe('a');
    }),
  );

  it(
    'by a flood wait are never shortened by another one',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      await stores.pool.block(Number(a), by({ admin: true }), flood(60), T0);
      expect(await stores.pool.block(Number(a), by({ admin: true }), flood(5), T0)).toMatchObject({
        until: T0 + 60 * SECOND,
      });
      expect(await stores.pool.block(Number(a), by({ admin: true }), flood(90), T0)).toMatchObject({
        until: T0 + 90 * SECOND,
      });
    }),
  );

  it(
    'by the flood wait of one method do not affect the lease and other methods',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { sessionId, leaseId } = await lease(stores);
      await stores.pool.block(sessionId, by({ leaseId }), flood(60, 'messages.search'), T0);
      await stores.pool.block(sessionId, by({ leaseId }), flood(20, 'messages.search'), T0);
      expect(await stores.pool.renew(sessionId, by({ leaseId }), null, T0)).toMatchObject({
        kind: 'renewed',
      });
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      expect(await stores.pool.counts(T0)).toMatchObject({
        freeButMethodFlooded: 1,
        nextMethodFloodEnd: T0 + 60 * SECOND,
      });
      await lease(stores, { sessionName: 'b' });
      expect(await nameFor(stores, { method: 'messages.search' })).toBeNull();
      expect(await nameFor(stores)).toBeNull();
      expect(await nameFor(stores, { sessionName: 'a' })).toBeNull();
      expect(await nameFor(stores, { method: 'users.getUsers' })).toBe('a');
      await stores.pool.release(sessionId, by(), null, T0);
      expect(await nameFor(stores, { method: 'messages.search' }, T0 + 60 * SECOND)).toBe('a');
    }),
  );

  it(
    'by the flood waits of several methods and sessions end one after the other, each on time',
    using(async (stores) => {
      const { a, b } = await add(stores, 'a', 'b');
      const admin = by({ admin: true });
      await stores.pool.block(Number(a), admin, flood(10, 'm'), T0);
      await stores.pool.block(Number(a), admin, flood(20, 'n'), T0);
      await stores.pool.block(Number(b), admin, flood(30, 'm'), T0);
      const ends = [];
      for (let at = stores.nextDeadline(); at !== null; at = stores.nextDeadline()) {
        const { freeButMethodFlooded } = await stores.pool.counts(at);
        ends.push([(at - T0) / SECOND, freeButMethodFlooded]);
      }
      expect(ends).toEqual([
        [10, 2],
        [20, 1],
        [30, 0],
      ]);
    }),
  );

  it(
    'by the flood wait of a method never end early, and let everyone in when it is over',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const admin = by({ admin: true });
      await stores.pool.block(Number(a), admin, flood(10, 'm'), T0);
      await stores.pool.block(Number(a), admin, flood(20, 'n'), T0);
      expect(await nameFor(stores, { method: 'm' }, T0 + 10 * SECOND - 1)).toBeNull();
      const m = await lease(stores, { method: 'm', ttlSeconds: 1 }, T0 + 10 * SECOND);
      await stores.pool.release(m.sessionId, by({ leaseId: m.leaseId }), null, T0 + 10 * SECOND);
      expect(await nameFor(stores, { method: 'n' }, T0 + 20 * SECOND - 1)).toBeNull();
      expect(await nameFor(stores, { method: 'n' }, T0 + 20 * SECOND)).toBe('a');
    }),
  );

  it(
    'are set in the transaction of a release, for the session or for a method',
    using(async (stores) => {
      const { a, b } = await add(stores, 'a', 'b');
      await lease(stores);
      await lease(stores);
      await stores.pool.release(Number(a), by(), { seconds: 30, method: null }, T0);
      await stores.pool.release(Number(b), by(), { seconds: 30, method: 'm' }, T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ flood: 1, free: 1 });
      expect(await nameFor(stores, { method: 'm' })).toBeNull();
      expect(await nameFor(stores, { method: 'n' })).toBe('b');
    }),
  );

  it(
    'are not set by a caller whose lease has ended or is another one',
    using(async (stores) => {
      await add(stores, 'a');
      const old = await lease(stores, { ttlSeconds: 1 });
      const now = T0 + SECOND;
      const { sessionId } = await lease(stores, { holder: 'key:2' }, now);
      const kinds: Block[] = [
        flood(9),
        flood(9, 'm'),
        { kind: 'invalidate', reason: null },
        { kind: 'dead', reason: 'x' },
      ];
      for (const block of [...kinds, { kind: 'none' }, { kind: 'suspect', reason: 'x' }] as const) {
        const lost = await stores.pool.block(sessionId, by({ leaseId: old.leaseId }), block, now);
        expect(lost).toEqual({ kind: 'lease_lost' });
        expect(await stores.pool.block(sessionId, by(), block, now)).toEqual({ kind: 'not_lease_holder' });
      }
      expect(tally(await stores.pool.counts(now))).toEqual({ leased: 1 });
      expect(await stores.pool.block(99, by({ admin: true }), flood(9), now)).toEqual({ kind: 'unknown' });
    }),
  );

  it(
    'by invalidation last until 2099, whatever floods come later, or until a restore',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const invalidate = () =>
        stores.pool.block(Number(a), by({ admin: true }), { kind: 'invalidate', reason: 'ban' }, T0);
      for (let time = 0; time < 2; time += 1) {
        expect(await invalidate()).toMatchObject({ kind: 'blocked', state: 'invalid', until: NEW_CENTURY });
      }
      await stores.pool.block(Number(a), by({ admin: true }), flood(5), T0);
      expect((await stores.pool.counts(T0)).nextFloodEnd).toBeNull();
      expect(await nameFor(stores, {}, NEW_CENTURY - 1)).toBeNull();
      expect(await stores.pool.restore(Number(a), T0)).toMatchObject({ kind: 'done', changed: true });
      expect(await stores.pool.restore(Number(a), T0)).toMatchObject({ kind: 'done', changed: false });
      expect(await nameFor(stores)).toBe('a');
    }),
  );

  it(
    'by death end the lease and stay until a restore',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores);
      const dead = await stores.pool.block(
        sessionId,
        by({ leaseId }),
        { kind: 'dead', reason: 'session_revoked' },
        T0,
      );
      expect(dead).toMatchObject({ kind: 'blocked', state: 'dead' });
      expect(await nameFor(stores, {}, NEW_CENTURY)).toBeNull();
      await stores.pool.restore(sessionId, T0);
      expect(await nameFor(stores)).toBe('a');
    }),
  );

  it(
    'by suspicion need a second report within an hour',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const suspect = (at: number) =>
        stores.pool.block(
          Number(a),
          by({ admin: true }),
          { kind: 'suspect', reason: 'auth_key_unregistered' },
          at,
        );
      expect(await suspect(T0)).toMatchObject({ state: 'free' });
      expect(await suspect(T0 + 3600 * SECOND)).toMatchObject({ state: 'free' });
      expect(await suspect(T0 + 7199 * SECOND)).toMatchObject({ state: 'dead' });
      await stores.pool.restore(Number(a), T0 + 7199 * SECOND);
      expect(await suspect(T0 + 7199 * SECOND)).toMatchObject({ state: 'free' });
    }),
  );

  it(
    'of every kind are ended by a restore, method floods too, but not a cool-down or a lease',
    using(async (stores) => {
      const { a, b } = await add(stores, 'a', 'b');
      const { leaseId } = await lease(stores, { ttlSeconds: 20 });
      await stores.pool.renew(Number(a), by({ leaseId }), null, T0);
      await stores.pool.block(Number(b), by({ admin: true }), flood(600, 'm'), T0);
      const now = T0 + 21 * SECOND;
      await stores.pool.restore(Number(a), now);
      await stores.pool.restore(Number(b), now);
      expect(await nameFor(stores, { method: 'm' }, now)).toBe('b');
      expect(await nameFor(stores, {}, now)).toBeNull();
      expect(await nameFor(stores, {}, T0 + 41 * SECOND)).toBe('a');
      expect(await stores.pool.restore(Number(a), now)).toMatchObject({ kind: 'done', changed: false });
      expect(tally(await stores.pool.counts(now))).toEqual({ leased: 2 });
      expect(await stores.pool.restore(99, now)).toEqual({ kind: 'unknown' });
    }),
  );
}
