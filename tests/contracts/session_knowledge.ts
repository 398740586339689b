import { expect, it } from '@jest/globals';
import {
  add,
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  put,
  type Stores,
  T0,
  usingStores,
} from './stores.js';

const PHONE = '+15551234567';

/** What is listed of sessions, and what is recorded about them. */
export function knowledge(make: MakeStores): void {
  const using = usingStores(make);
  const idsOfPhone = async ({ sessions }: Stores) => (await sessions.ofPhone(PHONE)).map(({ id }) => id);

  it(
    'are returned by id, without leases and digests of auth keys',
    using(async (stores) => {
      const file = found('a', { authKeySha256: keyOf('k'), userId: '7', dcId: 2, json: 'a.json' });
      await stores.intake.apply([put(file), put(found('b')), put(found('c'))], T0);
      await lease(stores);
      expect(await stores.sessions.session(1)).toEqual({
        ...{ id: 1, name: 'a', file: 'a.session', jsonFile: 'a.json', format: 'unknown', dcId: 2 },
        ...{ userId: '7', phoneNumber: null, apiId: null, apiHash: null, proxyId: null, tags: [] },
        ...{ state: 'leased', stateReason: null, baseState: 'free', baseStateReason: null },
        ...{ holder: 'key:1', leasedAt: T0, methodFlooded: false },
        ...{ condition: 'alive', conditionDetail: null, usesDay: 20_148, usesToday: 1, usedUpUntil: null },
        health: { score: 85, reasons: [{ reason: 'new', points: 15, value: 0 }] },
        ...{ stateUntil: T0 + 600_000, createdAt: T0, updatedAt: T0, lastCheckedAt: null, lastUsedAt: T0 },
      });
      const page = await stores.sessions.sessions({ skip: 1, limit: 1 });
      expect(page).toEqual([await stores.sessions.session(2)]);
      expect(await stores.sessions.session(99)).toBeNull();
    }),
  );

  it(
    'are found by phone number, or by a name that is one: leasable ones first',
    using(async (stores) => {
      await stores.intake.apply(
        [
          put(found('a', { phoneNumber: PHONE })),
          put(found('b', { phoneNumber: PHONE })),
          put(found('15551234567')),
          put(found('c', { phoneNumber: '+1' })),
        ],
        T0,
      );
      expect(await idsOfPhone(stores)).toEqual([1, 2, 3]);
      await stores.pool.block(1, by({ admin: true }), { kind: 'dead', reason: 'x' }, T0);
      expect(await idsOfPhone(stores)).toEqual([2, 3, 1]);
      await stores.sessions.checked(3, { phoneNumber: '+2' }, T0);
      expect(await idsOfPhone(stores)).toEqual([2, 1]);
    }),
  );

  it(
    'remember when Telegram was asked and what it answered; only news counts as an update',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.sessions.checked(1, { userId: '7', phoneNumber: PHONE }, T0 + 1);
      const told = { userId: '7', phoneNumber: PHONE, lastCheckedAt: T0 + 1, updatedAt: T0 + 1 };
      expect(await stores.sessions.session(1)).toMatchObject(told);
      await stores.sessions.checked(1, { userId: '7' }, T0 + 2);
      expect(await stores.sessions.session(1)).toMatchObject({ ...told, lastCheckedAt: T0 + 2 });
      await stores.sessions.checked(1, {}, T0 + 3);
      expect(await stores.sessions.session(1)).toMatchObject({ ...told, lastCheckedAt: T0 + 3 });
      await stores.sessions.checked(99, {}, T0);
    }),
  );

  it(
    'are due for a check when they are free: first those never checked, then those checked longest ago',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c', 'd', 'e', 'f');
      await lease(stores, { sessionId: 5 });
      await stores.sessions.checked(1, {}, T0 + 3);
      await stores.sessions.checked(2, {}, T0 + 2);
      await stores.sessions.checked(3, {}, T0 + 9);
      expect(await stores.sessions.unchecked(T0 + 9, 9)).toEqual([4, 6, 2, 1]);
      expect(await stores.sessions.unchecked(T0 + 9, 3)).toEqual([4, 6, 2]);
      expect(await stores.sessions.unchecked(T0 + 9, 1)).toEqual([4]);
      expect(await stores.sessions.unchecked(T0 + 3, 9)).toEqual([4, 6, 2]);
    }),
  );

  it(
    'return their API hashes a page at a time, and accept new ones',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c', 'd');
      for (const id of [1, 3, 4]) await stores.sessions.saveApiHash(id, `hash ${id}`);
      expect(await stores.sessions.apiHashes(0, 2)).toEqual([
        { id: 1, apiHash: 'hash 1' },
        { id: 3, apiHash: 'hash 3' },
      ]);
      expect(await stores.sessions.apiHashes(3, 2)).toEqual([{ id: 4, apiHash: 'hash 4' }]);
      expect(await stores.sessions.apiHashes(4, 2)).toEqual([]);
    }),
  );

  it(
    'return their credentials a page at a time, and accept re-encrypted ones',
    using(async (stores) => {
      const kept = (name: string) =>
        put(found(name, { authKeySha256: keyOf(name), credentials: `of ${name}` }));
      await stores.intake.apply([kept('a'), put(found('b')), kept('c'), kept('d')], T0);
      expect(await stores.sessions.keptCredentials(0, 2)).toEqual([
        { id: 1, credentials: 'of a' },
        { id: 3, credentials: 'of c' },
      ]);
      expect(await stores.sessions.keptCredentials(3, 2)).toEqual([{ id: 4, credentials: 'of d' }]);
      await stores.sessions.replaceCredentials(1, 'of a', 'anew');
      await stores.sessions.replaceCredentials(3, 'others', 'anew');
      const all = [1, 2, 3, 99].map((id) => stores.sessions.credentials(id));
      expect(await Promise.all(all)).toEqual(['anew', null, 'of c', null]);
    }),
  );
}
