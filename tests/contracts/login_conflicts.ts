import { expect, it } from '@jest/globals';
import { asSession, begin, beginReady, keyed, pending } from './logins.js';
import {
  add,
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  nameFor,
  put,
  type Stores,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

const PHONE = '+15551234567';
const NOTHING = { name: null, phoneNumber: null, authKeySha256: null, loginId: null, replaces: null };

/** What prevents a login from becoming a session. */
export function conflicts(make: MakeStores): void {
  const using = usingStores(make);
  const conflict = ({ logins }: Stores, over: Partial<Parameters<typeof logins.conflict>[0]>) =>
    logins.conflict({ ...NOTHING, ...over });

  it(
    'are names that differ only in case or in Unicode composition',
    using(async (stores) => {
      const ids = await add(stores, 'Мария', 'café', 'Plain');
      const taken = (sessionName: string) => ({
        kind: 'name_taken',
        sessionId: ids[sessionName],
        sessionName,
      });
      expect(await conflict(stores, { name: 'мАРИЯ' })).toEqual(taken('Мария'));
      expect(await conflict(stores, { name: 'CAFE\u0301' })).toEqual(taken('café'));
      expect(await conflict(stores, { name: 'plain' })).toEqual(taken('Plain'));
      expect(await conflict(stores, { name: 'plain', replaces: Number(ids.Plain) })).toBeNull();
      expect(await conflict(stores, { name: 'plain2' })).toBeNull();
      expect(await conflict(stores, {})).toBeNull();
    }),
  );

  it(
    'are phone numbers of sessions that are not dead',
    using(async (stores) => {
      await stores.intake.apply([put(found('a', { phoneNumber: PHONE }))], T0);
      const taken = { kind: 'phone_taken', sessionId: 1, sessionName: 'a' };
      expect(await conflict(stores, { phoneNumber: PHONE })).toEqual(taken);
      expect(await stores.logins.add(pending({ phoneNumber: PHONE }), null, T0)).toEqual(taken);
      expect(await conflict(stores, { phoneNumber: PHONE, replaces: 1 })).toBeNull();
      await stores.pool.block(1, by({ admin: true }), { kind: 'dead', reason: 'x' }, T0);
      expect(await conflict(stores, { phoneNumber: PHONE })).toBeNull();
      expect(await stores.logins.add(pending({ phoneNumber: PHONE }), null, T0)).toEqual({ kind: 'added' });
    }),
  );

  it(
    'are not phone numbers of sessions with dead files',
    using(async (stores) => {
      await stores.intake.apply([put(found('a', { phoneNumber: PHONE, dead: 'torn' }))], T0);
      expect(await conflict(stores, { phoneNumber: PHONE })).toBeNull();
    }),
  );

  it(
    'are auth keys of sessions, dead or not, and of other pending logins',
    using(async (stores) => {
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      await stores.pool.block(1, by({ admin: true }), { kind: 'dead', reason: 'x' }, T0);
      const taken = { kind: 'auth_key_taken', sessionId: 1, sessionName: 'a' };
      expect(await conflict(stores, { authKeySha256: keyOf('k') })).toEqual(taken);
      expect(await stores.logins.add(pending({ authKeySha256: keyOf('k') }), null, T0)).toEqual(taken);
      const { id } = await beginReady(stores, 'l');
      const underWay = { kind: 'auth_key_taken', sessionId: null, sessionName: 'a pending login' };
      expect(await conflict(stores, { authKeySha256: keyOf('l') })).toEqual(underWay);
      expect(await stores.logins.add(pending({ authKeySha256: keyOf('l') }), null, T0)).toEqual(underWay);
      expect(await conflict(stores, { authKeySha256: keyOf('l'), loginId: id })).toBeNull();
    }),
  );

  it(
    'are not names when a login starts: it may replace the session of that name',
    using(async (stores) => {
      await add(stores, 'a');
      await begin(stores, { sessionName: 'A' });
    }),
  );

  it(
    'are neither the login itself nor the row of its file from before it was saved',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k', { phoneNumber: PHONE });
      await stores.intake.apply([put(keyed('a', 'k', { phoneNumber: PHONE }))], T0);
      const wanted = { name: 'a', phoneNumber: PHONE, authKeySha256: keyOf('k') };
      expect(await conflict(stores, { ...wanted, loginId: id })).toBeNull();
      expect(await conflict(stores, { ...wanted, name: 'A', loginId: id })).toMatchObject({
        kind: 'name_taken',
      });
      expect(await conflict(stores, { ...wanted, authKeySha256: keyOf('l'), loginId: id })).toMatchObject({
        kind: 'name_taken',
      });
      expect(await conflict(stores, wanted)).toMatchObject({ kind: 'name_taken' });
      await stores.logins.save(id, asSession(keyed('a', 'k')), T0);
      expect(await stores.sessions.sessions({ skip: 0, limit: 9 })).toHaveLength(1);
    }),
  );

  it(
    'do not stop a login with the name and auth key of a session, which is not leasable during it',
    using(async (stores) => {
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      const own = { sessionName: 'a', authKeySha256: keyOf('k') };
      const { sessionId, leaseId } = await lease(stores);
      const taken = { kind: 'auth_key_taken', sessionId: 1, sessionName: 'a' };
      expect(await stores.logins.add(pending(own), null, T0)).toEqual(taken);
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      const { id } = await begin(stores, own);
      expect(await nameFor(stores)).toBeNull();
      await stores.logins.remove(id, T0);
      expect(await statesOf(stores)).toEqual({ a: 'free' });
    }),
  );
}
