import { expect, it } from '@jest/globals';
import type { FoundFile } from '../../src/intake/store.js';
import {
  by,
  found,
  idsOf,
  keyOf,
  lease,
  type MakeStores,
  put,
  type Stores,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

/** A session that is only in the database. */
const fileless = (name: string, letter: string): FoundFile =>
  found(name, { file: null, authKeySha256: keyOf(letter), credentials: `sealed ${letter}` });

const keyed = (name: string, letter: string, over: Partial<FoundFile> = {}): FoundFile =>
  found(name, { authKeySha256: keyOf(letter), ...over });

/** Sessions stored in the database, with or without a file. */
export function keptSessions(make: MakeStores): void {
  const using = usingStores(make);
  const apply = ({ intake }: Stores, ...files: FoundFile[]) =>
    intake.apply(
      files.map((file) => put(file)),
      T0,
    );

  it(
    'are deleted with their auth key',
    using(async (stores) => {
      await apply(stores, keyed('a', 'k', { credentials: 'sealed k' }));
      expect(await stores.sessions.credentials(1)).toBe('sealed k');
      await apply(stores, keyed('a', 'k', { fingerprint: 'touched', credentials: 'sealed anew' }));
      expect(await stores.sessions.credentials(1)).toBe('sealed anew');
      await apply(stores, keyed('a', 'k', { fingerprint: 'not read', credentials: null }));
      expect(await stores.sessions.credentials(1)).toBe('sealed anew');
      await apply(stores, keyed('a', 'l', { credentials: null }));
      expect(await stores.sessions.credentials(1)).toBeNull();
      await apply(stores, keyed('a', 'm', { credentials: 'sealed m' }));
      await apply(stores, found('a', { dead: 'torn' }));
      expect(await stores.sessions.credentials(1)).toBeNull();
    }),
  );

  it(
    'stay unchanged while a lease holds the session with its old key',
    using(async (stores) => {
      await apply(stores, keyed('a', 'k', { credentials: 'sealed k' }));
      const { sessionId, leaseId } = await lease(stores);
      const other = keyed('a', 'l', { credentials: 'sealed l' });
      expect(await apply(stores, other)).toMatchObject({ held: ['a'] });
      expect(await stores.sessions.credentials(sessionId)).toBe('sealed k');
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      await apply(stores, other);
      expect(await stores.sessions.credentials(sessionId)).toBe('sealed l');
    }),
  );

  it(
    'are unknown to a scan of the files, as long as they have no file',
    using(async (stores) => {
      await apply(
        stores,
        fileless('only here', 'k'),
        keyed('a', 'l'),
        found('j', { file: null, json: 'j.json' }),
      );
      expect((await stores.intake.known(0, 9)).names).toEqual(['a', 'j']);
      expect((await stores.intake.knownOf(['only here', 'a', 'j'])).names.sort()).toEqual(['a', 'j']);
      expect(await stores.intake.total()).toBe(3);
    }),
  );

  it(
    'adopt their own file when it appears',
    using(async (stores) => {
      await apply(stores, fileless('a', 'k'));
      await apply(stores, keyed('a', 'k', { credentials: 'sealed k again' }));
      expect(await stores.sessions.session(1)).toMatchObject({ file: 'a.session', state: 'free' });
      expect(await stores.sessions.credentials(1)).toBe('sealed k again');
      expect((await stores.intake.known(0, 9)).names).toEqual(['a']);
    }),
  );

  it(
    'are not replaced by a file of their name with another key, unless Telegram rejects theirs',
    using(async (stores) => {
      await apply(stores, fileless('a', 'k'));
      const other = keyed('a', 'l', { credentials: 'sealed l' });
      expect(await apply(stores, other)).toMatchObject({ added: 0, updated: 0, held: ['a'] });
      expect(await apply(stores, found('a'))).toMatchObject({ held: ['a'] });
      expect(await stores.sessions.credentials(1)).toBe('sealed k');
      await stores.pool.block(1, by({ admin: true }), { kind: 'dead', reason: 'session_revoked' }, T0);
      expect(await apply(stores, other)).toMatchObject({ updated: 1, held: [] });
      expect(await stores.sessions.credentials(1)).toBe('sealed l');
      expect(await statesOf(stores)).toEqual({ a: 'free' });
    }),
  );

  it(
    'are read again if the database lacks them',
    using(async (stores) => {
      const kept = keyed('kept', 'k', { credentials: 'sealed k' });
      const json = keyed('json', 'm', { file: null, json: 'json.json' });
      const bare = found('only here', { file: null, authKeySha256: keyOf('n') });
      await apply(stores, kept, keyed('lacks', 'l'), json, found('no key'), bare);
      expect(await stores.intake.readAgain()).toBe(2);
      const { names, fingerprints } = await stores.intake.known(0, 9);
      const prints = Object.fromEntries(names.map((name, index) => [name, fingerprints[index]]));
      expect(prints).toEqual({ kept: 'print of kept', lacks: '', json: '', 'no key': 'print of no key' });
      expect(await stores.intake.readAgain()).toBe(0);
      expect(Object.keys(await idsOf(stores))).toHaveLength(5);
    }),
  );
}
