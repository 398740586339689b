import { expect, it } from '@jest/globals';
import { addSource, wantedSource } from './sources.js';
import {
  add,
  by,
  found,
  lease,
  type MakeStores,
  nameFor,
  put,
  statesOf,
  T0,
  tally,
  usingStores,
} from './stores.js';

const gone = (name: string) => ({ kind: 'gone', name }) as const;

/** Sessions that sources refer to. */
export function sessionReferences(make: MakeStores): void {
  naming(make);
  staying(make);
}

function naming(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'must exist when a source is created or edited; else nothing is changed',
    using(async (stores) => {
      const { sources } = stores;
      const unknown = { kind: 'unknown_session' };
      expect(await sources.create(wantedSource({ sessionId: 7 }), null, T0)).toEqual(unknown);
      expect(await sources.sources({ skip: 0, limit: 9 })).toEqual([]);
      const made = await addSource(stores);
      expect(await sources.edit(made.id, { name: 'x', sessionId: 7 }, T0 + 1)).toEqual(unknown);
      expect(await sources.source(made.id)).toEqual(made);
    }),
  );

  it(
    'are not removed, and reported with the first source that uses them',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      await addSource(stores, { name: 'first', sessionId: 1 });
      await addSource(stores, { name: 'second', sessionId: 1 });
      const referred = (sourceId: number, sourceName: string) => ({ kind: 'referred', sourceId, sourceName });
      expect(await stores.sessions.remove(1, null, T0)).toEqual(referred(1, 'first'));
      await stores.sources.edit(1, { sessionId: 2 }, T0);
      expect(await stores.sessions.remove(1, null, T0)).toEqual(referred(2, 'second'));
      expect(await statesOf(stores)).toEqual({ a: 'free', b: 'free' });
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 2 });
      await stores.sources.remove(2);
      expect(await stores.sessions.remove(1, null, T0)).toMatchObject({ kind: 'removed' });
    }),
  );
}

function staying(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are missing while their file is gone, and come back with it',
    using(async (stores) => {
      await add(stores, 'a');
      await addSource(stores, { sessionId: 1 });
      const { intake } = stores;
      expect(await intake.apply([gone('a')], T0)).toMatchObject({ removed: 0, missing: 1 });
      expect(await stores.sessions.session(1)).toMatchObject({
        ...{ state: 'missing', stateReason: 'its file is gone', baseState: 'missing' },
      });
      expect(await intake.missing(['a', 'b'])).toEqual(['a']);
      expect(tally(await stores.pool.counts(T0))).toEqual({ missing: 1 });
      expect(await nameFor(stores)).toBeNull();
      expect(await intake.apply([gone('a')], T0)).toMatchObject({ removed: 0, missing: 0 });
      expect(await intake.apply([put(found('a'))], T0)).toMatchObject({ updated: 1 });
      expect(await intake.missing(['a'])).toEqual([]);
      expect(await nameFor(stores)).toBe('a');
      const history = await stores.pool.history(1, { skip: 0, limit: 9 });
      expect(history?.map(({ event }) => event)).toEqual(['leased', 'free', 'missing', 'added']);
    }),
  );

  it(
    'that are missing are removed once no source uses them, and known to scans until then',
    using(async (stores) => {
      await add(stores, 'a');
      const { id } = await addSource(stores, { sessionId: 1 });
      await stores.intake.apply([gone('a')], T0);
      expect((await stores.intake.known(0, 9)).names).toEqual(['a']);
      await stores.sources.edit(id, { sessionId: null }, T0);
      expect(await stores.intake.apply([gone('a')], T0)).toMatchObject({ removed: 1 });
      expect(await statesOf(stores)).toEqual({});
    }),
  );

  it(
    'and are leased become missing only when released, and then stay',
    using(async (stores) => {
      await add(stores, 'a');
      await addSource(stores, { sessionId: 1 });
      const { leaseId } = await lease(stores);
      expect(await stores.intake.apply([gone('a')], T0)).toMatchObject({ missing: 1 });
      expect(await statesOf(stores)).toEqual({ a: 'leased' });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      expect(await stores.intake.apply([gone('a')], T0)).toMatchObject({ removed: 0, missing: 0 });
      expect(await statesOf(stores)).toEqual({ a: 'missing' });
    }),
  );

  it(
    'are no longer dead when another file replaces a dead one that is gone',
    using(async (stores) => {
      await stores.intake.apply([put(found('a', { dead: 'empty' }))], T0);
      await addSource(stores, { sessionId: 1 });
      await stores.intake.apply([gone('a')], T0);
      expect(await statesOf(stores)).toEqual({ a: 'missing' });
      await stores.intake.apply([put(found('a'))], T0);
      expect(await statesOf(stores)).toEqual({ a: 'free' });
    }),
  );
}
