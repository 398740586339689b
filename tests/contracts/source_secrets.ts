import { expect, it } from '@jest/globals';
import { addSource } from './sources.js';
import { type MakeStores, usingStores } from './stores.js';

const NONE = { apiHash: null, botToken: null, botSession: null };

/** Encrypted api hashes, bot tokens and bot sessions of sources. */
export function secrets(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are returned for sources that have any, by id',
    using(async (stores) => {
      await addSource(stores, { apiHash: 'h' });
      await addSource(stores);
      await addSource(stores, { botToken: 't' });
      await addSource(stores, { botToken: 't' });
      await stores.sources.keepBotSession(4, 't', 's');
      const [first, third, fourth] = [
        { ...NONE, id: 1, apiHash: 'h' },
        { ...NONE, id: 3, botToken: 't' },
        { ...NONE, id: 4, botToken: 't', botSession: 's' },
      ];
      expect(await stores.sources.secrets(0, 10)).toEqual([first, third, fourth]);
      expect(await stores.sources.secrets(0, 1)).toEqual([first]);
      expect(await stores.sources.secrets(1, 1)).toEqual([third]);
    }),
  );

  it(
    'are replaced one by one, unless they have changed meanwhile',
    using(async (stores) => {
      const made = await addSource(stores, { apiHash: 'h', botToken: 't' });
      await stores.sources.keepBotSession(1, 't', 's');
      await stores.sources.replaceSecret(1, 'apiHash', 'h', 'h anew');
      await stores.sources.replaceSecret(1, 'botToken', 'older', 'older anew');
      expect(await stores.sources.source(1)).toEqual({ ...made, apiHash: 'h anew', botSession: 's' });
      await stores.sources.replaceSecret(1, 'botToken', 't', 't anew');
      await stores.sources.replaceSecret(1, 'botSession', 's', 's anew');
      const anew = { apiHash: 'h anew', botToken: 't anew', botSession: 's anew' };
      expect(await stores.sources.source(1)).toEqual({ ...made, ...anew });
    }),
  );
}
