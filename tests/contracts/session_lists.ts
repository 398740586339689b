import { expect, it } from '@jest/globals';
import type { SessionFilter, SessionOrder } from '../../src/sessions/store.js';
import { found, lease, type MakeStores, put, type Stores, T0, usingStores } from './stores.js';

const ALL = { skip: 0, limit: 100 };

/** Five sessions: with phone numbers, tags, names in several cases and scripts; `b` is leased. */
async function fill(stores: Stores): Promise<void> {
  const files = [
    found('b', { phoneNumber: '+4915112345' }),
    found('Alpha_2', { phoneNumber: '+331' }),
    found('Мария'),
    found('alpha%1'),
    found('Zed'),
  ];
  await stores.intake.apply(
    files.map((file) => put(file)),
    T0,
  );
  await stores.sessions.edit(3, { tags: ['eu', 'Höhe'] }, T0 + 1);
  await stores.sessions.edit(5, { tags: ['eu'] }, T0 + 2);
  await lease(stores, { sessionName: 'b' });
}

async function names({ sessions }: Stores, filter?: SessionFilter, order?: SessionOrder): Promise<string[]> {
  const listed = await sessions.sessions(ALL, filter, order);
  expect(await sessions.count(filter)).toBe(listed.length);
  return listed.map(({ name }) => name);
}

/** Lists of sessions: filtered, sorted and counted. */
export function lists(make: MakeStores): void {
  const using = usingStores(make);
  it.each([
    ['alpha', ['Alpha_2', 'alpha%1']],
    ['ALPHA_', ['Alpha_2']],
    ['%', ['alpha%1']],
    ['мари', ['Мария']],
    ['1511', ['b']],
    ['eu', ['Мария', 'Zed']],
    ['Höh', ['Мария']],
    ['höh', []],
    ['nobody', []],
  ])('with %j in it are found by name, phone number and tag', (q, found) =>
    using(async (stores) => {
      await fill(stores);
      expect(await names(stores, { q })).toEqual(found);
    })(),
  );

  it(
    'are filtered by state and by tags, and by all that is given at once',
    using(async (stores) => {
      await fill(stores);
      expect(await names(stores, { state: 'leased' })).toEqual(['b']);
      expect(await names(stores, { tags: ['eu'] })).toEqual(['Мария', 'Zed']);
      expect(await names(stores, { tags: ['eu', 'Höhe'], state: 'free' })).toEqual(['Мария']);
      expect(await names(stores, { tags: ['eu'], state: 'free', q: 'z' })).toEqual(['Zed']);
      expect(await names(stores, { tags: ['eu'], state: 'leased' })).toEqual([]);
    }),
  );

  it.each([
    ['id', ['b', 'Alpha_2', 'Мария', 'alpha%1', 'Zed']],
    ['name', ['alpha%1', 'Alpha_2', 'b', 'Zed', 'Мария']],
    ['status', ['Alpha_2', 'Мария', 'alpha%1', 'Zed', 'b']],
    ['updated_at', ['b', 'Alpha_2', 'alpha%1', 'Мария', 'Zed']],
  ] as const)('are sorted by %s, those with the same value by id', (by, sorted) =>
    using(async (stores) => {
      await fill(stores);
      expect(await names(stores, {}, { by, descending: false })).toEqual(sorted);
      const first = (await names(stores, {}, { by, descending: true }))[0];
      expect(first).toBe(by === 'id' || by === 'updated_at' ? 'Zed' : by === 'name' ? 'Мария' : 'b');
    })(),
  );

  it.each([
    ['phone_number', ['Alpha_2', 'b', 'Мария', 'alpha%1', 'Zed'], 'b'],
    ['last_used_at', ['b', 'Alpha_2', 'Мария', 'alpha%1', 'Zed'], 'b'],
  ] as const)('are sorted by %s, those that have none last either way', (by, sorted, last) =>
    using(async (stores) => {
      await fill(stores);
      expect(await names(stores, {}, { by, descending: false })).toEqual(sorted);
      expect((await names(stores, {}, { by, descending: true })).slice(0, 1)).toEqual([last]);
    })(),
  );

  it(
    'are filtered by format and by proxy',
    using(async (stores) => {
      await fill(stores);
      const proxy = { type: 'socks5', host: 'h', port: 1, user: null, pass: null };
      const proxyId = await stores.access.addProxy(proxy);
      await stores.sessions.edit(2, { proxyId }, T0);
      expect(await names(stores, { proxyIds: [proxyId] })).toEqual(['Alpha_2']);
      expect(await names(stores, { proxyIds: [] })).toEqual([]);
      expect(await names(stores, { proxyIds: null, q: 'a' })).toEqual(['alpha%1']);
      expect(await names(stores, { format: 'unknown' })).toHaveLength(5);
      expect(await names(stores, { format: 'telethon' })).toEqual([]);
    }),
  );

  it(
    'say who has leased a session, since when, and which tags there are',
    using(async (stores) => {
      await fill(stores);
      const [leased, free] = await stores.sessions.sessions({ skip: 0, limit: 2 });
      expect(leased).toMatchObject({ holder: 'key:1', leasedAt: T0 });
      expect(free).toMatchObject({ holder: null, leasedAt: null });
      expect(await stores.sessions.tags('', 9)).toEqual(['Höhe', 'eu']);
      expect(await stores.sessions.tags('', 1)).toEqual(['Höhe']);
      expect(await stores.sessions.tags('Höhe', 9)).toEqual(['eu']);
    }),
  );

  it(
    'are pages of one order, with the number of all',
    using(async (stores) => {
      await fill(stores);
      const order = { by: 'name', descending: false } as const;
      const page = await stores.sessions.sessions({ skip: 1, limit: 2 }, {}, order);
      expect(page.map(({ name }) => name)).toEqual(['Alpha_2', 'b']);
      expect(await stores.sessions.count()).toBe(5);
    }),
  );
}
