import { expect, it } from '@jest/globals';
import { addSource } from './sources.js';
import {
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  type Stores,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

const gone = (name: string) => ({ kind: 'gone', name }) as const;
const file = (name: string, key: string) => put(found(name, { authKeySha256: keyOf(key), fingerprint: key }));

/** Leasing two files of one account at once would get the account's session revoked. */
export function duplicates(make: MakeStores): void {
  const using = usingStores(make);
  const apply = (stores: Stores, ...changes: Parameters<Stores['intake']['apply']>[0]) =>
    stores.intake.apply(changes, T0);

  it(
    'are one account: only the first is leasable',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'), file('other', 'o'));
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'duplicate', other: 'free' });
      expect(await stores.sessions.session(2)).toMatchObject({ stateReason: 'same auth key as a' });
      expect(await nameFor(stores, { sessionName: 'copy' })).toBeNull();
      expect(await stores.intake.authKeys(['a', 'zzz'])).toEqual({ a: keyOf('k') });
    }),
  );

  it(
    'pass the account on to the next one when the first is removed',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('b', 'k'), file('c', 'k'));
      await apply(stores, gone('a'));
      expect(await statesOf(stores)).toEqual({ b: 'free', c: 'duplicate' });
    }),
  );

  it(
    'pass it on only when the lease of the first has ended, although its file is gone',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      const { sessionId, leaseId } = await lease(stores);
      await apply(stores, gone('a'));
      expect(await statesOf(stores)).toMatchObject({ copy: 'duplicate' });
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      await apply(stores, gone('a'));
      expect(await statesOf(stores)).toEqual({ copy: 'free' });
    }),
  );

  it(
    'pass it on only when a cool-down of the first is over, although its file is gone',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      const { sessionId, leaseId } = await lease(stores, { ttlSeconds: 20 });
      await stores.pool.renew(sessionId, by({ leaseId }), null, T0);
      const cooling = T0 + 21 * SECOND;
      await stores.intake.apply([gone('a')], cooling);
      expect(await nameFor(stores, {}, cooling)).toBeNull();
    }),
  );

  it(
    'pass it on when the first gets another key',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      await apply(stores, file('a', 'new'));
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'free' });
    }),
  );

  it(
    'do not pass it on while the last worker of the first may still be connected, although its file was replaced',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      const { sessionId, leaseId } = await lease(stores, { ttlSeconds: 20 });
      await stores.pool.renew(sessionId, by({ leaseId }), null, T0);
      const cooling = T0 + 20 * SECOND;
      expect(await stores.intake.apply([file('a', 'new')], cooling)).toMatchObject({ held: ['a'] });
      expect(await statesOf(stores)).toEqual({ a: 'cooldown', copy: 'duplicate' });
      expect(await nameFor(stores, {}, cooling)).toBeNull();
      const over = cooling + 20 * SECOND;
      await stores.pool.counts(over);
      expect(await stores.intake.apply([file('a', 'new')], over)).toMatchObject({ held: [], updated: 1 });
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'free' });
    }),
  );

  it(
    'do not pass it on while a worker still holds the first with the key that it was leased with',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      await lease(stores);
      await apply(stores, file('a', 'new'));
      expect(await nameFor(stores)).toBeNull();
    }),
  );

  it(
    'are also one account when a file gets the key of one that was registered later',
    using(async (stores) => {
      await apply(stores, file('early', 'e'), file('late', 'k'));
      await apply(stores, file('early', 'k'));
      expect(Object.values(await statesOf(stores)).sort()).toEqual(['duplicate', 'free']);
    }),
  );

  it(
    'are also one account when the one that owns the key is leased at the time',
    using(async (stores) => {
      await apply(stores, file('early', 'e'), file('late', 'k'));
      const { sessionId, leaseId } = await lease(stores, { sessionName: 'late' });
      await apply(stores, file('early', 'k'));
      expect(await nameFor(stores)).toBeNull();
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      expect(await nameFor(stores)).not.toBeNull();
      expect(await nameFor(stores)).toBeNull();
    }),
  );

  it(
    'stay one account when the first is restored, or deactivated and activated',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      await stores.pool.restore(2, T0);
      await stores.sessions.edit(2, { active: false }, T0);
      await stores.sessions.edit(2, { active: true }, T0);
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'duplicate' });
      await stores.pool.block(2, by({ admin: true }), { kind: 'invalidate', reason: null }, T0);
      await stores.pool.restore(2, T0);
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'duplicate' });
    }),
  );

  it(
    'leave it to the one that took it over when the first is found again, whichever was registered first',
    using(async (stores) => {
      await apply(stores, file('early', 'e'), file('first', 'k'), file('late', 'k'));
      await addSource(stores, { sessionId: 2 });
      await apply(stores, gone('first'));
      expect(await statesOf(stores)).toEqual({ early: 'free', first: 'missing', late: 'free' });
      await apply(stores, file('early', 'k'));
      await apply(stores, file('first', 'k'));
      expect(await statesOf(stores)).toEqual({ early: 'duplicate', first: 'duplicate', late: 'free' });
      expect(await stores.sessions.session(2)).toMatchObject({ stateReason: 'same auth key as late' });
    }),
  );

  it(
    'are two accounts again when the copy gets its own key',
    using(async (stores) => {
      await apply(stores, file('a', 'k'), file('copy', 'k'));
      await apply(stores, file('copy', 'own'));
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'free' });
    }),
  );
}
