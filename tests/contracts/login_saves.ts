import { expect, it } from '@jest/globals';
import { asSession, begin, beginReady, claim, EXPIRES, HOLDER, keyed, UNTIL } from './logins.js';
import {
  by,
  idsOf,
  keyOf,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  statesOf,
  T0,
  tally,
  usingStores,
} from './stores.js';

const PHONE = '+15551234567';
const PROXY = { type: 'socks5', host: 'h', port: 1, user: null, pass: null };
const LATER = T0 + SECOND;

/** Logins that become sessions. */
export function saving(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'become leasable sessions, and are remembered without their secret until they expire',
    using(async (stores) => {
      const proxyId = await stores.access.addProxy(PROXY);
      const login = await beginReady(stores, 'k', { phoneNumber: PHONE });
      await claim(stores, login);
      const file = keyed('a', 'k', { userId: '77', apiId: 4, dcId: 2, format: 'telethon' });
      const saved = await stores.logins.save(
        login.id,
        asSession(file, { apiHash: 'sealed', proxyId }),
        LATER,
      );
      expect(saved).toMatchObject({
        kind: 'saved',
        session: {
          ...{ id: 1, name: 'a', file: 'a.session', format: 'telethon', dcId: 2, state: 'free' },
          ...{ userId: '77', phoneNumber: PHONE, apiId: 4, apiHash: 'sealed', proxyId },
          ...{ tags: [], createdAt: LATER, lastCheckedAt: LATER },
        },
      });
      expect(saved).toEqual({ kind: 'saved', session: await stores.sessions.session(1) });
      const over = { stage: 'saved', secret: '', authKeySha256: null, sessionId: 1 };
      expect(await stores.logins.login(login.id, HOLDER, T0)).toEqual({ ...login, ...over });
      expect(await nameFor(stores)).toBe('a');
    }),
  );

  it(
    'keep their session whatever follows, and return the same when saved again',
    using(async (stores) => {
      const login = await beginReady(stores, 'k');
      const file = keyed('a', 'k');
      const saved = await stores.logins.save(login.id, asSession(file), T0);
      const over = { stage: 'saved', secret: '', authKeySha256: null, sessionId: 1 };
      expect(await claim(stores, login)).toEqual({ kind: 'claimed', login: { ...login, ...over } });
      await stores.logins.settle(login.id, { stage: 'ready', secret: 'x', authKeySha256: keyOf('k') });
      expect(await claim(stores, login)).toMatchObject({ login: { ...login, ...over } });
      expect(await stores.logins.save(login.id, asSession(file), LATER)).toEqual(saved);
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1 });
    }),
  );

  it(
    'are not changed by a scan of their files',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k', { phoneNumber: PHONE });
      const file = keyed('a', 'k', { userId: '77', apiId: 4, fingerprint: '' });
      await stores.logins.save(id, asSession(file, { apiHash: 'sealed' }), T0);
      const before = await stores.sessions.session(1);
      expect(await stores.intake.apply([put(keyed('a', 'k'))], T0)).toMatchObject({ added: 0, updated: 0 });
      expect(await stores.sessions.session(1)).toEqual(before);
      expect((await stores.intake.knownOf(['a'])).fingerprints).toEqual(['a k']);
    }),
  );

  it(
    'adopt the row that their file got before they were saved',
    using(async (stores) => {
      const proxyId = await stores.access.addProxy(PROXY);
      const { id } = await beginReady(stores, 'k');
      await stores.intake.apply([put(keyed('a', 'k'))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'duplicate' });
      const saved = await stores.logins.save(id, asSession(keyed('a', 'k'), { proxyId }), T0);
      expect(saved).toMatchObject({ kind: 'saved', session: { id: 1, state: 'free', proxyId } });
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1 });
    }),
  );

  it(
    'are unknown if there is no such login, or if it has expired and no request is using it',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k');
      const other = await beginReady(stores, 'l');
      const save = (login: string, letter: string) =>
        stores.logins.save(login, asSession(keyed(letter, letter)), EXPIRES);
      expect(await save('none', 'k')).toEqual({ kind: 'unknown' });
      expect(await save(id, 'k')).toEqual({ kind: 'unknown' });
      await claim(stores, other, EXPIRES - SECOND);
      expect(await save(other.id, 'l')).toMatchObject({ kind: 'saved' });
      expect(await idsOf(stores)).toEqual({ l: 1 });
    }),
  );

  it(
    'are refused, and nothing is changed, if name, phone number or auth key are taken',
    using(async (stores) => {
      await stores.intake.apply([put(keyed('Taken', 't', { phoneNumber: PHONE }))], T0);
      const login = await begin(stores, { stage: 'ready', authKeySha256: keyOf('k') });
      const save = (name: string, letter: string, phoneNumber: string | null) =>
        stores.logins.save(login.id, asSession(keyed(name, letter, { phoneNumber })), T0);
      const by = { sessionId: 1, sessionName: 'Taken' };
      expect(await save('taken', 'k', null)).toEqual({ kind: 'name_taken', ...by });
      expect(await save('a', 'k', PHONE)).toEqual({ kind: 'phone_taken', ...by });
      expect(await save('a', 't', null)).toEqual({ kind: 'auth_key_taken', ...by });
      expect(await statesOf(stores)).toEqual({ Taken: 'free' });
      expect(await stores.logins.login(login.id, HOLDER, T0)).toEqual(login);
    }),
  );

  it(
    'of one name at the same moment become one session',
    using(async (stores) => {
      const logins = await Promise.all(['j', 'k', 'l'].map((letter) => beginReady(stores, letter)));
      const outcomes = await Promise.all(
        logins.map(({ id }, at) => stores.logins.save(id, asSession(keyed('a', 'jkl'[at] ?? '')), UNTIL)),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['name_taken', 'name_taken', 'saved']);
    }),
  );

  it(
    'emit the same events as files do',
    using(async (stores) => {
      const { id } = await beginReady(stores, 'k');
      await stores.logins.save(id, asSession(keyed('a', 'k')), T0);
      expect(await stores.pool.history(1, { skip: 0, limit: 9 })).toMatchObject([{ event: 'added' }]);
      await stores.pool.block(1, by({ admin: true }), { kind: 'invalidate', reason: null }, T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ invalid: 1 });
    }),
  );
}
