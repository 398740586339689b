import { expect, it } from '@jest/globals';
import {
  asSession,
  begin,
  beginMany,
  beginReady,
  claim,
  EXPIRES,
  HOLDER,
  keyed,
  pending,
  UNTIL,
} from './logins.js';
import { keyOf, type MakeStores, SECOND, T0, usingStores } from './stores.js';

/** Beginning, continuing and cancelling logins. */
export function steps(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are stored as they were started, for their holder only, until they expire',
    using(async (stores) => {
      const login = await begin(stores, {
        kind: 'upload',
        stage: 'ready',
        saveAtOnce: true,
        phoneNumber: '+15551234567',
        sessionName: 'a',
        authKeySha256: keyOf('k'),
      });
      expect(await stores.logins.login(login.id, HOLDER, EXPIRES - 1)).toEqual(login);
      expect(await stores.logins.login(login.id, HOLDER, EXPIRES)).toBeNull();
      expect(await stores.logins.login(login.id, 'key:2', T0)).toBeNull();
      expect(await stores.logins.login('none', HOLDER, T0)).toBeNull();
    }),
  );

  it(
    'are claimed by one of several concurrent requests',
    using(async (stores) => {
      const login = await begin(stores);
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => claim(stores, login)));
      expect(outcomes.filter(({ kind }) => kind === 'claimed')).toEqual([{ kind: 'claimed', login }]);
      expect(outcomes.filter(({ kind }) => kind === 'busy')).toHaveLength(49);
    }),
  );

  it(
    'can be claimed by another request once the claim has expired, and are then in doubt',
    using(async (stores) => {
      const login = await begin(stores);
      await claim(stores, login);
      expect(await claim(stores, login, UNTIL - 1)).toEqual({ kind: 'busy' });
      expect(await claim(stores, login, UNTIL)).toEqual({
        kind: 'claimed',
        login: { ...login, inDoubt: true },
      });
    }),
  );

  it(
    'continue where the last request settled them',
    using(async (stores) => {
      const login = await begin(stores);
      await claim(stores, login);
      const change = {
        stage: 'password',
        secret: 'other',
        sessionName: 'b',
        expiresAt: EXPIRES + 1,
      } as const;
      await stores.logins.settle(login.id, change);
      expect(await claim(stores, login)).toEqual({ kind: 'claimed', login: { ...login, ...change } });
      await stores.logins.settle(login.id, { inDoubt: true });
      expect(await stores.logins.login(login.id, HOLDER, T0)).toEqual({ ...login, ...change, inDoubt: true });
      await stores.logins.settle('none', { stage: 'ready' });
    }),
  );

  it(
    'keep their auth key',
    using(async (stores) => {
      const login = await begin(stores);
      await stores.logins.settle(login.id, { stage: 'ready', authKeySha256: keyOf('k') });
      await stores.logins.settle(login.id, { authKeySha256: keyOf('k'), phoneNumber: '+1' });
      await expect(stores.logins.settle(login.id, { authKeySha256: keyOf('l') })).rejects.toThrow('auth key');
      expect(await stores.logins.login(login.id, HOLDER, T0)).toMatchObject({
        stage: 'ready',
        phoneNumber: '+1',
        authKeySha256: keyOf('k'),
      });
    }),
  );

  it(
    'are claimed from the start if requested',
    using(async (stores) => {
      const login = pending({ kind: 'upload', authKeySha256: keyOf('k') });
      await stores.logins.add(login, UNTIL, T0);
      expect(await claim(stores, login)).toEqual({ kind: 'busy' });
      expect(await claim(stores, login, UNTIL)).toMatchObject({ kind: 'claimed' });
    }),
  );

  it(
    'are unknown to other holders, and to everyone once they have expired',
    using(async (stores) => {
      const { id } = await begin(stores);
      const unknown = { kind: 'unknown' };
      expect(await stores.logins.claim(id, 'key:2', UNTIL, T0)).toEqual(unknown);
      expect(await stores.logins.claim('none', HOLDER, UNTIL, T0)).toEqual(unknown);
      expect(await stores.logins.claim(id, HOLDER, EXPIRES + 1, EXPIRES)).toEqual(unknown);
    }),
  );

  it(
    'do not expire while a request is using them',
    using(async (stores) => {
      const login = await begin(stores);
      await claim(stores, login, EXPIRES - SECOND);
      expect(await claim(stores, login, EXPIRES)).toEqual({ kind: 'busy' });
      expect(await stores.logins.login(login.id, HOLDER, EXPIRES)).toMatchObject({ id: login.id });
      expect(await stores.logins.expired(EXPIRES, 9)).toEqual([]);
      await stores.logins.settle(login.id, {});
      expect(await claim(stores, login, EXPIRES)).toEqual({ kind: 'unknown' });
      expect(await stores.logins.expired(EXPIRES, 9)).toEqual([login]);
    }),
  );

  it(
    'that expired are listed oldest first, and are only removed explicitly',
    using(async (stores) => {
      const late = await begin(stores, { expiresAt: EXPIRES + 2 });
      const early = await begin(stores, { expiresAt: EXPIRES + 1 });
      await begin(stores, { expiresAt: EXPIRES + 9 });
      expect(await stores.logins.expired(EXPIRES + 2, 9)).toEqual([early, late]);
      expect(await stores.logins.expired(EXPIRES + 2, 1)).toEqual([early]);
      expect(await stores.logins.remove(early.id, EXPIRES + 2)).toEqual(early);
      expect(await stores.logins.remove(early.id, EXPIRES + 2)).toBeNull();
      expect(await stores.logins.expired(EXPIRES + 2, 9)).toEqual([late]);
    }),
  );

  it(
    'are at most a thousand, not counting those that were saved or have expired',
    using(async (stores) => {
      const saved = await beginReady(stores, 'k');
      await stores.logins.save(saved.id, asSession(keyed('a', 'k')), T0);
      await beginMany(stores, 999, { expiresAt: T0 + 1 });
      await begin(stores);
      expect(await stores.logins.add(pending(), null, T0)).toEqual({ kind: 'too_many' });
      expect(await stores.logins.add(pending(), null, T0 + 1)).toEqual({ kind: 'added' });
    }),
  );
}
