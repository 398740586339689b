import { expect, it } from '@jest/globals';
import { MAX_PEERS_PER_SESSION } from '../../src/peers/rules.js';
import type { LearntPeer, Peer } from '../../src/peers/store.js';
import { add, type MakeStores, type Stores, T0, usingStores } from './stores.js';

export const NEWS: Peer = {
  channelId: '9223372036854775807',
  accessHash: '-9223372036854775808',
  type: 'channel',
  title: 'Новости 😀',
  username: 'News',
};

/** A channel with this name, and no other properties that matter. */
export function channel(username: string, channelId: string = username): Peer {
  return { channelId, accessHash: `hash of ${channelId}`, type: 'channel', title: 'T', username };
}

/** Saves what a session has learnt without resolving it. */
export function save(
  { peers }: Stores,
  sessionId: number,
  learnt: readonly (Omit<LearntPeer, 'identifier'> & Partial<Pick<LearntPeer, 'identifier'>>)[],
  now = T0,
  tags: readonly string[] = [],
): Promise<number> {
  const all = learnt.map((peer) => ({ identifier: null, ...peer }));
  return peers.learn({ sessionId, leaseId: null }, all, { resolved: false, perDay: 100, tags }, now);
}

/** What is known of one channel. */
export async function known({ peers }: Stores, sessionId: number, identifier: string, now = T0) {
  const [peer] = await peers.known(sessionId, [identifier], now);
  return peer ?? null;
}

/** The channels that sessions know. */
export function knownPeers(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are per session, exact to 64 bits, and found by name in any case or by id',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await save(stores, a, [NEWS]);
      const asked = ['@NEWS', NEWS.channelId, '@other', '5'];
      expect(await stores.peers.known(a, asked, T0)).toEqual([NEWS, NEWS, null, null]);
      expect(await stores.peers.known(b, asked, T0)).toEqual([null, null, null, null]);
      expect(await stores.peers.known(a, [], T0)).toEqual([]);
    }),
  );

  it(
    'keep each name that a channel was found by, and a title that every database can store',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [{ ...NEWS, title: 'a\0b', identifier: '@Second_Name' }]);
      const stored = { ...NEWS, title: 'a\uFFFDb' };
      for (const name of ['@second_name', '@news', NEWS.channelId])
        expect(await known(stores, a, name)).toEqual(stored);
      const group: Peer = { channelId: '5', accessHash: null, type: 'chat', title: 'Group', username: null };
      await save(stores, a, [group]);
      expect(await known(stores, a, '5')).toEqual(group);
    }),
  );

  it(
    'lose the names that a channel had before',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [channel('before', '7')]);
      await save(stores, a, [channel('after', '7')]);
      expect(await known(stores, a, '@before')).toBeNull();
      expect(await known(stores, a, '@after')).toMatchObject({ channelId: '7' });
    }),
  );

  it(
    'keep their names and their title where only a new access hash is said',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await save(stores, a, [{ ...NEWS, identifier: '@second' }]);
      await save(stores, b, [{ ...NEWS, channelId: '5' }], T0, ['tag of none']);
      const hash = { channelId: NEWS.channelId, accessHash: '7', type: 'channel' } as const;
      await save(stores, a, [hash]);
      for (const name of ['@news', '@second', NEWS.channelId])
        expect(await known(stores, a, name)).toEqual({ ...NEWS, accessHash: '7' });
      // That it was known by the name says nothing new of the name.
      expect(await known(stores, b, '@news')).toMatchObject({ channelId: '5' });
      await save(stores, a, [channel('Renamed', NEWS.channelId), hash]);
      expect(await known(stores, a, '@renamed')).toEqual({
        ...channel('Renamed', NEWS.channelId),
        accessHash: '7',
      });
      expect(await known(stores, a, '@news')).toBeNull();
      await save(stores, a, [channel('renamed', '8'), hash]);
      expect(await known(stores, a, '@renamed')).toMatchObject({ channelId: '8' });
      expect(await known(stores, a, NEWS.channelId)).toMatchObject({ accessHash: '7', username: null });
    }),
  );

  it(
    'lose a name that belongs to another channel now, in every session in scope',
    using(async (stores) => {
      const { a = 0, b = 0, c = 0 } = await add(stores, 'a', 'b', 'c');
      for (const [id, tag] of [
        [a, 'eu'],
        [b, 'eu'],
        [c, 'us'],
      ] as const)
        await stores.sessions.edit(id, { tags: [tag] }, T0);
      for (const id of [a, b, c]) await save(stores, id, [channel('name', '1'), channel('stays', '3')]);
      await save(stores, a, [channel('name', '2')], T0, ['eu']);
      expect(await known(stores, a, '@name')).toMatchObject({ channelId: '2' });
      expect(await known(stores, b, '@name')).toBeNull();
      expect(await known(stores, c, '@name')).toMatchObject({ channelId: '1' });
      for (const id of [a, b, c]) expect(await known(stores, id, '@stays')).not.toBeNull();
      await save(stores, a, [channel('name', '2')]);
      expect(await known(stores, c, '@name')).toBeNull();
    }),
  );

  it(
    'are forgotten by the session whose access hash is refused, and by all when nobody has the name',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      for (const id of [a, b]) await save(stores, id, [{ ...NEWS, identifier: '@alias' }]);
      await stores.peers.forget(a, '@NEWS', false, { tags: [] });
      for (const name of ['@news', '@alias', NEWS.channelId]) expect(await known(stores, a, name)).toBeNull();
      expect(await known(stores, b, '@news')).toEqual(NEWS);
      await stores.peers.forget(a, '@News', true, { tags: ['tag of none'] });
      expect(await known(stores, b, '@news')).toEqual(NEWS);
      await stores.peers.forget(a, '@News', true, { tags: [] });
      expect(await known(stores, b, '@news')).toBeNull();
      expect(await known(stores, b, '@alias')).toEqual(NEWS);
    }),
  );

  it(
    'are limited per session to those saved or used last',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await save(stores, b, [channel('other')]);
      const all = Array.from({ length: MAX_PEERS_PER_SESSION }, (_, index) => channel(`c${index}`));
      for (let from = 0; from < all.length; from += 500)
        await save(stores, a, all.slice(from, from + 500), T0 + from);
      const later = T0 + all.length;
      for (let used = 0; used < 500; used += 1)
        if (used !== 7) expect(await known(stores, a, `@c${used}`, later)).not.toBeNull();
      // Saved after the clock was set back, it is the one to use.
      await save(stores, a, [channel('new')], T0 - 1);
      expect(await known(stores, a, '@c7', later)).toBeNull();
      for (const kept of ['@c6', '@c8', '@c500', '@new'])
        expect(await known(stores, a, kept, later)).not.toBeNull();
      expect(await known(stores, b, '@other', later)).not.toBeNull();
    }),
    30_000,
  );

  it(
    'are deleted with their session, and not stored for a missing one',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [NEWS]);
      await stores.sessions.remove(a, null, T0);
      await save(stores, a, [NEWS]);
      expect(await known(stores, a, '@news')).toBeNull();
    }),
  );

  it(
    'are listed with their sessions, most recently used first',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await save(stores, a, [channel('one'), channel('two')]);
      await save(stores, b, [channel('one')], T0 + 1);
      const { peers } = stores;
      const page = { skip: 0, limit: 10 };
      const names = async (filter: object) =>
        (await peers.peers(page, { tags: [], ...filter })).map(
          (row) => `${row.sessionName} ${row.identifier}`,
        );
      expect(await names({ channel: '@ONE' })).toEqual(['b @one', 'a @one']);
      expect(await names({ sessionId: a })).toEqual(['a @one', 'a @two']);
      expect(await names({ channel: '@one', tags: ['none'] })).toEqual([]);
      expect(await peers.count({ channel: 'one', tags: [] })).toBe(2);
      expect(await peers.peers({ skip: 1, limit: 1 }, { channel: '@one', tags: [] })).toMatchObject([
        { sessionId: a, accessHash: 'hash of one', usedAt: T0 },
      ]);
    }),
  );
}
