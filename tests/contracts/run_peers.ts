import { expect, it } from '@jest/globals';
import type { KnownPeer } from '../../src/scraping/store.js';
import { add, type MakeStores, T0, usingStores } from './stores.js';

const NEWS: KnownPeer = {
  channelId: '9223372036854775807',
  accessHash: '-9223372036854775808',
  title: 'Новости 😀',
  username: 'news',
};

/** What sessions know of channels. */
export function peers(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are each session’s own, exact to the last of 64 bits',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await stores.runs.savePeer(a, '@news', NEWS);
      expect(await stores.runs.peer(a, '@news')).toEqual(NEWS);
      expect(await stores.runs.peer(b, '@news')).toBeNull();
      expect(await stores.runs.peer(a, '@other')).toBeNull();
    }),
  );

  it(
    'are what was saved last, until they are forgotten',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const group: KnownPeer = { channelId: '5', accessHash: null, title: 'a\0b', username: null };
      await stores.runs.savePeer(a, '@news', NEWS);
      await stores.runs.savePeer(a, '5', NEWS);
      await stores.runs.savePeer(a, '@news', group);
      expect(await stores.runs.peer(a, '@news')).toEqual({ ...group, title: 'a\uFFFDb' });
      await stores.runs.forgetPeer(a, '@news');
      await stores.runs.forgetPeer(a, '@news');
      expect(await stores.runs.peer(a, '@news')).toBeNull();
      expect(await stores.runs.peer(a, '5')).toEqual(NEWS);
    }),
  );

  it(
    'are gone with their session, and not kept for one that is not there',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await stores.runs.savePeer(a, '@news', NEWS);
      await stores.sessions.remove(a, null, T0);
      expect(await stores.runs.peer(a, '@news')).toBeNull();
      await stores.runs.savePeer(a, '@news', NEWS);
      expect(await stores.runs.peer(a, '@news')).toBeNull();
    }),
  );
}
