import { expect, it } from '@jest/globals';
import { addSource } from './sources.js';
import { type MakeStores, usingStores } from './stores.js';

/** Encrypted api hashes and bot tokens of sources. */
export function secrets(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are told of the sources that have any, by id',
    using(async (stores) => {
      await addSource(stores, { apiHash: 'h' });
      await addSource(stores);
      await addSource(stores, { botToken: 't' });
      const [first, third] = [
        { id: 1, apiHash: 'h', botToken: null },
        { id: 3, apiHash: null, botToken: 't' },
      ];
      expect(await stores.sources.secrets(0, 10)).toEqual([first, third]);
      expect(await stores.sources.secrets(0, 1)).toEqual([first]);
      expect(await stores.sources.secrets(1, 10)).toEqual([third]);
    }),
  );

  it(
    'are replaced one by one, unless they were changed meanwhile',
    using(async (stores) => {
      const made = await addSource(stores, { apiHash: 'h', botToken: 't' });
      await stores.sources.replaceSecret(1, 'apiHash', 'h', 'h anew');
      await stores.sources.replaceSecret(1, 'botToken', 'older', 'older anew');
      expect(await stores.sources.source(1)).toEqual({ ...made, apiHash: 'h anew' });
    }),
  );
}
