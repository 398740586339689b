import { expect, it } from '@jest/globals';
import { add, by, lease, type MakeStores, nameFor, SECOND, T0, usingStores } from './stores.js';

/** Ending leases. */
export function releasing(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'end by one release; a second one changes nothing',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores);
      const release = () => stores.pool.release(sessionId, by({ leaseId }), null, T0);
      expect(await release()).toMatchObject({ kind: 'done', changed: true });
      expect(await release()).toMatchObject({ kind: 'done', changed: false });
      expect(await stores.pool.release(999, by(), null, T0)).toEqual({ kind: 'unknown' });
    }),
  );

  it(
    'cannot be ended by anyone else, and the attempt does not affect the holder',
    using(async (stores) => {
      await add(stores, 'a');
      const old = await lease(stores, { ttlSeconds: 1 });
      const now = T0 + SECOND;
      const { sessionId, leaseId } = await lease(stores, { holder: 'key:2' }, now);
      const release = (caller: ReturnType<typeof by>) => stores.pool.release(sessionId, caller, null, now);
      expect(await release(by({ leaseId: old.leaseId }))).toEqual({ kind: 'lease_lost' });
      expect(await release(by())).toEqual({ kind: 'not_lease_holder' });
      expect(await stores.pool.renew(sessionId, by({ holder: 'key:2', leaseId }), null, now)).toMatchObject({
        kind: 'renewed',
      });
      expect(await release(by({ admin: true }))).toMatchObject({ kind: 'done', changed: true });
    }),
  );

  it(
    'are ended only by their own id, even if the same key held the session before',
    using(async (stores) => {
      await add(stores, 'a');
      const old = await lease(stores, { ttlSeconds: 1 });
      const now = T0 + SECOND;
      const { sessionId, leaseId } = await lease(stores, {}, now);
      const release = (id: string) => stores.pool.release(sessionId, by({ leaseId: id }), null, now);
      expect(await release(old.leaseId)).toEqual({ kind: 'lease_lost' });
      expect(await stores.pool.renew(sessionId, by({ leaseId }), null, now)).toMatchObject({
        kind: 'renewed',
      });
      expect(await nameFor(stores, {}, now)).toBeNull();
      expect(await release(leaseId)).toMatchObject({ kind: 'done', changed: true });
    }),
  );

  it(
    'are each ended by their own id, even if many of one key end at the same moment',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c', 'd');
      const old = [];
      for (const sessionId of [1, 2, 3, 4]) old.push(await lease(stores, { sessionId, ttlSeconds: 1 }));
      const now = T0 + SECOND;
      const current = [];
      for (const sessionId of [1, 2]) current.push(await lease(stores, { sessionId }, now));
      const outcomes = await Promise.all(
        [...old, ...current].map(({ sessionId, leaseId }) =>
          stores.pool.release(sessionId, by({ leaseId }), null, now),
        ),
      );
      expect(outcomes).toMatchObject([
        { kind: 'lease_lost' },
        { kind: 'lease_lost' },
        { kind: 'done', changed: false },
        { kind: 'done', changed: false },
        { kind: 'done', changed: true },
        { kind: 'done', changed: true },
      ]);
    }),
  );

  it(
    'also end a cool-down if released by their holder',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores, { ttlSeconds: 20 });
      await stores.pool.renew(sessionId, by({ leaseId }), null, T0);
      const now = T0 + 21 * SECOND;
      expect(await stores.pool.release(sessionId, by({ holder: 'key:2' }), null, now)).toMatchObject({
        kind: 'done',
        changed: false,
      });
      expect(await nameFor(stores, {}, now)).toBeNull();
      expect(await stores.pool.release(sessionId, by({ leaseId }), null, now)).toMatchObject({
        kind: 'done',
        changed: true,
      });
      expect(await nameFor(stores, {}, now)).toBe('a');
    }),
  );
}
