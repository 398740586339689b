import { expect, it } from '@jest/globals';
import { MAX_PEERS_PER_SESSION } from '../../src/peers/rules.js';
import type { RememberedChannel } from '../../src/peers/store.js';
import { channel, known, save } from './known_peers.js';
import { add, type MakeStores, type Stores, T0, usingStores } from './stores.js';

/** A channel of a session's file. */
function remembered(channelId: string, usernames: readonly string[], seenAt = T0 - 1): RememberedChannel {
  return {
    channelId,
    accessHash: `hash in file ${channelId}`,
    type: 'channel',
    title: 'F',
    usernames,
    seenAt,
  };
}

async function names({ peers }: Stores, sessionId: number): Promise<string[]> {
  const rows = await peers.peers({ skip: 0, limit: 100 }, { sessionId, tags: [] });
  return rows.map(({ identifier, channelId }) => `${identifier} ${channelId}`);
}

/** What sessions know from their files. */
export function adoptedChannels(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are known by all their names, or by their ids, and never counted',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const group = { ...remembered('5', []), accessHash: null, type: 'chat', title: 'a\0b' } as const;
      await stores.peers.adopt(a, [remembered('7', ['News', 'other'], T0 + 9), group], T0);
      const news = {
        channelId: '7',
        accessHash: 'hash in file 7',
        type: 'channel',
        title: 'F',
        username: 'News',
      };
      for (const name of ['@news', '@OTHER', '7']) expect(await known(stores, a, name)).toEqual(news);
      const { usernames: _, seenAt: __, ...peer } = group;
      expect(await known(stores, a, '5')).toEqual({ ...peer, username: null, title: 'a\uFFFDb' });
      expect(await stores.peers.budget(a, 100, T0)).toMatchObject({ used: 0, channelsKnown: 2 });
    }),
  );

  it(
    'do not replace what a session has learnt of a channel, or of a name',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [channel('after', '7'), channel('mine', '8')]);
      await stores.peers.adopt(a, [remembered('7', ['before']), remembered('9', ['mine'])], T0);
      expect(await names(stores, a)).toEqual(['@after 7', '@mine 8', '9 9']);
      expect(await known(stores, a, '7')).toMatchObject({ accessHash: 'hash of 7' });
    }),
  );

  it(
    'are not believed to have a name that another session knows for another channel’s',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await save(stores, b, [channel('moved', '2'), channel('same', '3')]);
      await stores.peers.adopt(a, [remembered('1', ['moved']), remembered('3', ['same'])], T0);
      expect((await names(stores, a)).sort()).toEqual(['1 1', '@same 3']);
      expect(await known(stores, a, '1')).toMatchObject({ username: null });
      expect(await names(stores, b)).toEqual(['@moved 2', '@same 3']);
    }),
  );

  it(
    'are limited per session, together with what it has learnt, to those seen or used last',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await save(stores, a, [channel('learnt')]);
      const all = Array.from({ length: MAX_PEERS_PER_SESSION + 50 }, (_, index) =>
        remembered(`${index + 1}`, [`name${index + 1}`], T0 - 1 - index),
      );
      for (let from = 0; from < all.length; from += 505)
        await stores.peers.adopt(a, all.slice(from, from + 505), T0);
      expect(await stores.peers.count({ sessionId: a, tags: [] })).toBe(MAX_PEERS_PER_SESSION);
      for (const kept of ['@learnt', '@name1', '@name4999'])
        expect(await known(stores, a, kept)).not.toBeNull();
      expect(await known(stores, a, '@name5000')).toBeNull();
    }),
    30_000,
  );

  it(
    'are not stored for a session that is gone, and none are no work',
    using(async (stores) => {
      await stores.peers.adopt(99, [remembered('7', ['news'])], T0);
      const { a = 0 } = await add(stores, 'a');
      await stores.peers.adopt(a, [], T0);
      expect(await stores.peers.count({ tags: [] })).toBe(0);
    }),
  );
}
