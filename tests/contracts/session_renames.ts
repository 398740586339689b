import { expect, it } from '@jest/globals';
import {
  add,
  by,
  found,
  lease,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

const to = (name: string) => ({ name, file: `${name}.session`, jsonFile: null });

/** Renaming sessions. */
export function renaming(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'keep their id, tags and history',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.sessions.edit(1, { tags: ['x'] }, T0);
      const before = await stores.sessions.session(1);
      const now = T0 + 1;
      const names = { name: 'b', file: 'b.session', jsonFile: 'b.json' };
      expect(await stores.sessions.rename(1, names, null, now)).toEqual({
        kind: 'renamed',
        session: { ...before, ...names, updatedAt: now },
      });
      expect(await stores.sessions.session(1)).toEqual({ ...before, ...names, updatedAt: now });
      const [last, first] = (await stores.pool.history(1, { skip: 0, limit: 9 })) ?? [];
      expect(first).toMatchObject({ event: 'added' });
      expect(last).toMatchObject({ event: 'renamed', detail: 'a → b', at: now });
      expect(await nameFor(stores, { tags: ['x'] })).toBe('b');
    }),
  );

  it(
    'are read again by the next scan, which finds nothing to do',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.sessions.rename(1, to('b'), null, T0);
      expect(await stores.intake.known(0, 9)).toEqual({ lastId: 1, names: ['b'], fingerprints: [''] });
      const before = await stores.sessions.session(1);
      expect(await stores.intake.apply([put(found('b'))], T0)).toMatchObject({ added: 0, updated: 0 });
      expect(await stores.sessions.session(1)).toEqual(before);
      expect(await stores.intake.apply([put(found('a'))], T0)).toMatchObject({ added: 1 });
    }),
  );

  it(
    'are refused for sessions that are leased or cool down, except by the lease itself',
    using(async (stores) => {
      await add(stores, 'a');
      const { leaseId } = await lease(stores, { ttlSeconds: 10 });
      expect(await stores.sessions.rename(1, to('b'), null, T0)).toEqual({ kind: 'in_use' });
      expect(await stores.sessions.rename(1, to('b'), 'other', T0)).toEqual({ kind: 'in_use' });
      expect(await stores.sessions.rename(1, to('b'), leaseId, T0)).toMatchObject({
        kind: 'renamed',
        session: { state: 'leased' },
      });
      expect(await stores.pool.renew(1, by({ leaseId }), null, T0)).toMatchObject({ kind: 'renewed' });
      expect(await stores.sessions.rename(1, to('c'), null, T0 + 11 * SECOND)).toEqual({ kind: 'in_use' });
      expect(await stores.sessions.rename(1, to('c'), null, T0 + 21 * SECOND)).toMatchObject({
        kind: 'renamed',
      });
      expect(await stores.sessions.rename(99, to('z'), null, T0)).toEqual({ kind: 'unknown' });
    }),
  );

  it(
    'never get the name of another one, nor one that differs only in case',
    using(async (stores) => {
      await add(stores, 'a', 'Ёлка');
      const taken = { kind: 'name_taken', sessionId: 2, sessionName: 'Ёлка' };
      for (const name of ['Ёлка', 'ёЛКА', 'Е\u0308лка'])
        expect(await stores.sessions.rename(1, to(name), null, T0)).toEqual(taken);
      expect(await stores.sessions.rename(2, to('ёлка'), null, T0)).toMatchObject({ kind: 'renamed' });
      expect(await stores.sessions.rename(1, to('Ёлка'), null, T0)).toMatchObject({ sessionName: 'ёлка' });
      expect(await statesOf(stores)).toEqual({ a: 'free', ёлка: 'free' });
    }),
  );

  it(
    'to one name at the same moment happen once',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      const outcomes = await Promise.all(
        [1, 2, 3].map((id) => stores.sessions.rename(id, to('z'), null, T0)),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['name_taken', 'name_taken', 'renamed']);
    }),
  );

  it(
    'free their old name for others',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      await stores.sessions.rename(1, to('c'), null, T0);
      expect(await stores.sessions.rename(2, to('A'), null, T0)).toMatchObject({ kind: 'renamed' });
      await stores.pool.block(2, by({ admin: true }), { kind: 'dead', reason: 'x' }, T0);
      expect(await stores.sessions.rename(2, to('b'), null, T0)).toMatchObject({
        session: { state: 'dead' },
      });
    }),
  );
}
