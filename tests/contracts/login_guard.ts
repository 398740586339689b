import { expect, it } from '@jest/globals';
import { asSession, begin, beginReady, EXPIRES, keyed } from './logins.js';
import { add, by, keyOf, lease, type MakeStores, nameFor, put, statesOf, T0, usingStores } from './stores.js';

const gone = (name: string) => ({ kind: 'gone', name }) as const;

/** While a login uses an auth key, leasing a file with that key would get both revoked. */
export function guarding(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are never leased: a file that appears with one, or gets one, waits until the login is cancelled',
    using(async (stores) => {
      await add(stores, 'b');
      const { id } = await beginReady(stores, 'k');
      await stores.intake.apply([put(keyed('a', 'k')), put(keyed('b', 'k'))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'duplicate', b: 'duplicate' });
      expect(await stores.sessions.session(1)).toMatchObject({
        stateReason: 'same auth key as a pending login',
      });
      expect(await nameFor(stores)).toBeNull();
      await stores.logins.remove(id, T0);
      expect(await statesOf(stores)).toEqual({ a: 'duplicate', b: 'free' });
    }),
  );

  it(
    'are kept until the login is removed, even if it has expired',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k');
      await stores.intake.apply([put(keyed('a', 'k'))], EXPIRES);
      expect(await nameFor(stores, {}, EXPIRES)).toBeNull();
      await stores.logins.remove(id, EXPIRES);
      expect(await nameFor(stores, {}, EXPIRES)).toBe('a');
    }),
  );

  it(
    'are reserved from the moment a login gets one',
    using(async (stores) => {
      const { id } = await begin(stores);
      await stores.logins.settle(id, { stage: 'ready', authKeySha256: keyOf('k') });
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'duplicate' });
    }),
  );

  it(
    'stay reserved whatever happens to the waiting file',
    using(async (stores) => {
      await beginReady(stores, 'k');
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      await stores.sessions.edit(1, { active: false }, T0);
      await stores.sessions.edit(1, { active: true }, T0);
      await stores.pool.block(1, by({ admin: true }), { kind: 'invalidate', reason: null }, T0);
      await stores.pool.restore(1, T0);
      await stores.intake.apply([put(keyed('a', 'k', { fingerprint: 'touched' }))], T0);
      await stores.intake.apply([put(keyed('z', 'k')), gone('a')], T0);
      expect(await statesOf(stores)).toEqual({ z: 'duplicate' });
    }),
  );

  it(
    'leave a file that an admin deactivated inactive',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k');
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      await stores.sessions.edit(1, { active: false }, T0);
      await stores.logins.remove(id, T0);
      expect(await statesOf(stores)).toEqual({ a: 'inactive' });
    }),
  );

  it(
    'belong to the session once the login is saved, and to no copy',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k');
      await stores.logins.save(id, asSession(keyed('a', 'k')), T0);
      await stores.intake.apply([put(keyed('0', 'k'))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'free', 0: 'duplicate' });
      const { leaseId } = await lease(stores);
      await stores.logins.remove(id, T0);
      expect(await nameFor(stores)).toBeNull();
      expect(await stores.pool.renew(1, by({ leaseId }), null, T0)).toMatchObject({ kind: 'renewed' });
    }),
  );

  it(
    'are not saved while another file waits for them, since it is unknown which of the two is meant',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k');
      await stores.intake.apply([put(keyed('other', 'k'))], T0);
      expect(await stores.logins.save(id, asSession(keyed('a', 'k')), T0)).toEqual({
        kind: 'auth_key_taken',
        sessionId: 1,
        sessionName: 'other',
      });
    }),
  );

  it(
    'are also reserved from a session whose missing file comes back',
    using(async (stores) => {
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      const { sessionId, leaseId } = await lease(stores);
      await stores.intake.apply([gone('a')], T0);
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      await begin(stores, { sessionName: 'a', authKeySha256: keyOf('k') });
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'duplicate' });
    }),
  );
}
