import { expect, it } from '@jest/globals';
import { MAX_CHANNELS_PER_SESSION } from '../../src/runs/rules.js';
import type { KnownPeer } from '../../src/runs/store.js';
import { add, type MakeStores, T0, usingStores } from './stores.js';

/** Fewer than may wait for a connection. */
const AT_ONCE = 100;

const NEWS: KnownPeer = {
  channelId: '9223372036854775807',
  accessHash: '-9223372036854775808',
  title: 'Новости 😀',
  username: 'news',
};

/** The channels that sessions have resolved. */
export function peers(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are per session, and exact to 64 bits',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await stores.runs.savePeer(a, '@news', NEWS, T0);
      expect(await stores.runs.peer(a, '@news', T0)).toEqual(NEWS);
      expect(await stores.runs.peer(b, '@news', T0)).toBeNull();
      expect(await stores.runs.peer(a, '@other', T0)).toBeNull();
    }),
  );

  it(
    'are what was saved last, until they are forgotten',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      const group: KnownPeer = { channelId: '5', accessHash: null, title: 'a\0b', username: null };
      await stores.runs.savePeer(a, '@news', NEWS, T0);
      await stores.runs.savePeer(a, '5', NEWS, T0);
      await stores.runs.savePeer(a, '@news', group, T0);
      expect(await stores.runs.peer(a, '@news', T0)).toEqual({ ...group, title: 'a\uFFFDb' });
      await stores.runs.forgetPeer(a, '@news');
      await stores.runs.forgetPeer(a, '@news');
      expect(await stores.runs.peer(a, '@news', T0)).toBeNull();
      expect(await stores.runs.peer(a, '5', T0)).toEqual(NEWS);
    }),
  );

  it(
    'name the sessions that know them, those that used them last first',
    using(async (stores) => {
      const { runs } = stores;
      const { a = 0, b = 0, c = 0 } = await add(stores, 'a', 'b', 'c');
      for (const [at, session] of [a, b, c].entries()) await runs.savePeer(session, '@news', NEWS, T0 + at);
      await runs.savePeer(a, '@other', NEWS, T0);
      await runs.peer(a, '@news', T0 + 9);
      expect(await runs.knownBy('@news', 10)).toEqual([a, c, b]);
      expect(await runs.knownBy('@news', 2)).toEqual([a, c]);
      expect(await runs.knownBy('@nobody', 10)).toEqual([]);
    }),
  );

  it(
    'are limited per session to those saved or used last',
    using(async (stores) => {
      const { runs } = stores;
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      await runs.savePeer(b, '@other', NEWS, T0);
      const all = Array.from({ length: MAX_CHANNELS_PER_SESSION }, (_, index) => `@channel_${index}`);
      for (let from = 0; from < all.length; from += AT_ONCE)
        await Promise.all(
          all.slice(from, from + AT_ONCE).map((each, at) => runs.savePeer(a, each, NEWS, T0 + from + at)),
        );
      const later = T0 + all.length;
      expect(await runs.peer(a, '@channel_0', later)).toEqual(NEWS);
      await runs.savePeer(a, '@channel_1', NEWS, later);
      // As recent as those before it: among equals, the saved one stays.
      await runs.savePeer(a, '@a', NEWS, later);
      await runs.savePeer(a, '@b', NEWS, later);
      for (const gone of ['@channel_2', '@channel_3']) expect(await runs.peer(a, gone, later)).toBeNull();
      for (const kept of ['@channel_0', '@channel_1', '@channel_4', '@a', '@b'])
        expect(await runs.peer(a, kept, later)).toEqual(NEWS);
      expect(await runs.peer(b, '@other', later)).toEqual(NEWS);
      // Saved after the clock was set back, it is the one to use.
      await runs.savePeer(a, '@c', NEWS, T0 - 1);
      expect(await runs.peer(a, '@c', later)).toEqual(NEWS);
    }),
  );

  it(
    'are deleted with their session, and not stored for a missing one',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await stores.runs.savePeer(a, '@news', NEWS, T0);
      await stores.sessions.remove(a, null, T0);
      expect(await stores.runs.peer(a, '@news', T0)).toBeNull();
      await stores.runs.savePeer(a, '@news', NEWS, T0);
      expect(await stores.runs.peer(a, '@news', T0)).toBeNull();
    }),
  );
}
