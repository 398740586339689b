import { describe, expect, it } from '@jest/globals';
import { keptSessions } from './intake_credentials.js';
import { duplicates } from './intake_duplicates.js';
import {
  add,
  by,
  found,
  idsOf,
  keyOf,
  lease,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  statesOf,
  T0,
  tally,
  usingStores,
} from './stores.js';
import { unreadChannels } from './unread_channels.js';

const NOTHING = { added: 0, updated: 0, removed: 0, missing: 0, held: [], unreadChannels: [] };
const gone = (name: string) => ({ kind: 'gone', name }) as const;

/** What every driver's IntakeStore must do. */
export function intakeStoreContract(make: MakeStores): void {
  describe('rows of files', () => rows(make));
  describe('files with one auth key', () => duplicates(make));
  describe('sessions stored in the database', () => keptSessions(make));
  describe('files that remember channels', () => unreadChannels(make));
}

function rows(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are listed by id, a page at a time, with the fingerprints of their files',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      const first = await stores.intake.known(0, 2);
      expect(first).toEqual({ lastId: 2, names: ['a', 'b'], fingerprints: ['print of a', 'print of b'] });
      expect((await stores.intake.known(first.lastId, 2)).names).toEqual(['c']);
      expect((await stores.intake.known(3, 2)).names).toEqual([]);
      expect((await stores.intake.knownOf(['c', 'zzz', 'a'])).names.sort()).toEqual(['a', 'c']);
      expect(await stores.intake.total()).toBe(3);
    }),
  );

  it(
    'are inserted once, and updated only on relevant changes',
    using(async (stores) => {
      const apply = (over: Parameters<typeof found>[1]) => stores.intake.apply([put(found('a', over))], T0);
      expect(await apply({})).toEqual({ ...NOTHING, added: 1 });
      expect(await apply({ fingerprint: 'touched' })).toEqual(NOTHING);
      expect((await stores.intake.knownOf(['a'])).fingerprints).toEqual(['touched']);
      expect(await apply({ dead: 'no auth key', format: 'telethon' })).toEqual({ ...NOTHING, updated: 1 });
      expect(await nameFor(stores)).toBeNull();
    }),
  );

  it(
    'are as old as their last change: a file that was only touched changes nothing',
    using(async (stores) => {
      const at = (seconds: number) => T0 + seconds * SECOND;
      const apply = (over: Parameters<typeof found>[1], seconds: number) =>
        stores.intake.apply([put(found('a', over))], at(seconds));
      const updatedAt = async () => (await stores.sessions.session(1))?.updatedAt;
      await apply({}, 0);
      await apply({ fingerprint: 'touched', credentials: 'sealed anew' }, 1);
      expect(await updatedAt()).toBe(at(0));
      await apply({ phoneNumber: '+15551234567' }, 2);
      expect(await updatedAt()).toBe(at(2));
      await apply({ phoneNumber: '+15551234567', authKeySha256: keyOf('b') }, 3);
      expect(await updatedAt()).toBe(at(3));
    }),
  );

  it(
    'keep phone number and API id when the file no longer has them',
    using(async (stores) => {
      await stores.intake.apply([put(found('a', { phoneNumber: '+15551234567', apiId: 7 }))], T0);
      await stores.intake.apply([put(found('a', { fingerprint: 'later' }))], T0);
      expect(await stores.sessions.session(1)).toMatchObject({ phoneNumber: '+15551234567', apiId: 7 });
    }),
  );

  it(
    'keep the user when the file no longer has it, unless it has another auth key',
    using(async (stores) => {
      const apply = (over: Parameters<typeof found>[1]) => stores.intake.apply([put(found('a', over))], T0);
      await apply({ userId: '77', authKeySha256: keyOf('k') });
      await stores.sessions.checked(1, { phoneNumber: '+15551234567' }, T0);
      await apply({ fingerprint: 'later', authKeySha256: keyOf('k') });
      expect(await stores.sessions.session(1)).toMatchObject({ userId: '77', lastCheckedAt: T0 });
      await apply({ authKeySha256: keyOf('l') });
      expect(await stores.sessions.session(1)).toMatchObject({
        userId: null,
        lastCheckedAt: null,
        phoneNumber: '+15551234567',
      });
      await apply({ authKeySha256: keyOf('m'), userId: '78' });
      expect(await stores.sessions.session(1)).toMatchObject({ userId: '78', lastCheckedAt: null });
    }),
  );

  it(
    'keep the API hash until the file has another API id',
    using(async (stores) => {
      const apply = (apiId: number | null) => stores.intake.apply([put(found('a', { apiId }))], T0);
      await apply(7);
      await stores.sessions.saveApiHash(1, 'sealed');
      await apply(null);
      await apply(7);
      expect(await stores.sessions.session(1)).toMatchObject({ apiId: 7, apiHash: 'sealed' });
      await apply(8);
      expect(await stores.sessions.session(1)).toMatchObject({ apiId: 8, apiHash: null });
    }),
  );

  it(
    'are removed with their files, and free their names',
    using(async (stores) => {
      const before = await add(stores, 'a', 'b');
      expect(await stores.intake.apply([gone('a'), gone('zzz')], T0)).toEqual({ ...NOTHING, removed: 1 });
      expect(await statesOf(stores)).toEqual({ b: 'free' });
      expect((await stores.pool.counts(T0)).total).toBe(1);
      const after = await add(stores, 'a');
      expect(after.a).not.toBe(before.a);
    }),
  );

  it(
    'stay while leased, are missing afterwards, and come back with their files',
    using(async (stores) => {
      await add(stores, 'a');
      const { sessionId, leaseId } = await lease(stores);
      expect(await stores.intake.apply([gone('a')], T0)).toEqual({ ...NOTHING, missing: 1 });
      expect(await stores.intake.apply([gone('a')], T0)).toEqual(NOTHING);
      expect(await stores.pool.renew(sessionId, by({ leaseId }), null, T0)).toMatchObject({
        kind: 'renewed',
      });
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      expect(tally(await stores.pool.counts(T0))).toEqual({ missing: 1 });
      expect(await nameFor(stores)).toBeNull();
      expect(await stores.intake.apply([put(found('a'))], T0)).toEqual({ ...NOTHING, updated: 1 });
      expect(await nameFor(stores)).toBe('a');
      expect((await idsOf(stores)).a).toBe(sessionId);
    }),
  );

  it(
    'keep their id, tags and lease when their file is renamed',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      await stores.sessions.edit(Number(a), { tags: ['x'] }, T0);
      const { leaseId } = await lease(stores);
      expect(await stores.intake.apply([put(found('z/a'), 'a')], T0)).toEqual({ ...NOTHING, updated: 1 });
      expect(await stores.sessions.session(Number(a))).toMatchObject({
        name: 'z/a',
        file: 'z/a.session',
        tags: ['x'],
      });
      expect(await stores.pool.renew(Number(a), by({ leaseId }), null, T0)).toMatchObject({
        kind: 'renewed',
      });
    }),
  );

  it(
    'whose file was dead are leasable once it is no longer certainly dead',
    using(async (stores) => {
      await stores.intake.apply([put(found('a', { dead: 'torn' }))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'dead' });
      await stores.intake.apply([put(found('a', { fingerprint: 'mended' }))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'free' });
    }),
  );

  it(
    'that Telegram called dead stay dead although their file is touched',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      await stores.pool.block(
        Number(a),
        by({ admin: true }),
        { kind: 'dead', reason: 'session_revoked' },
        T0,
      );
      await stores.intake.apply([put(found('a', { fingerprint: 'touched' }))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'dead' });
    }),
  );

  it(
    'remember the disk that they were found on',
    using(async (stores) => {
      expect(await stores.intake.lastDevice('')).toBeNull();
      await stores.intake.saveDevice('', '2049');
      await stores.intake.saveDevice('', '2050');
      await stores.intake.saveDevice('another machine', '7');
      expect(await stores.intake.lastDevice('')).toBe('2050');
      expect(await stores.intake.lastDevice('another machine')).toBe('7');
    }),
  );
}
