import { expect, it } from '@jest/globals';
import type { SourceSettings } from '../../src/sources/store.js';
import { addSource } from './sources.js';
import { type MakeStores, type Stores, T0, usingStores } from './stores.js';

/** Encrypted sessions of the bots of sources. */
export function botSessions(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'replace the one before, until they are forgotten, and nothing else changes',
    using(async (stores) => {
      const { sources } = stores;
      const made = await addSource(stores, { botToken: 't' });
      await addSource(stores, { botToken: 't' });
      for (const session of ['first', 'second', null]) {
        await sources.keepBotSession(1, 't', session);
        expect(await sources.source(1)).toEqual({ ...made, botSession: session });
      }
      expect((await sources.source(2))?.botSession).toBeNull();
    }),
  );

  it(
    'are stored for the current token of the source, and for no other',
    using(async (stores) => {
      const { sources } = stores;
      await addSource(stores, { botToken: 't' });
      await addSource(stores);
      for (const id of [1, 2, 99]) await sources.keepBotSession(id, 'older', 's');
      expect(await Promise.all([1, 2].map((id) => keptOf(stores, id)))).toEqual([null, null]);
    }),
  );

  it(
    'are deleted with their token',
    using(async (stores) => {
      const changes: [Partial<SourceSettings>, string | null][] = [
        [{ name: 'other', apiHash: 'h', isActive: false }, 's'],
        [{ botToken: 'another' }, null],
        [{ botToken: null }, null],
      ];
      for (const [at, [change, left]] of changes.entries()) {
        await addSource(stores, { botToken: 't' });
        await stores.sources.keepBotSession(at + 1, 't', 's');
        const edited = await stores.sources.edit(at + 1, change, T0);
        expect(edited).toMatchObject({ source: { ...change, botSession: left } });
        expect(await keptOf(stores, at + 1)).toBe(left);
      }
    }),
  );
}

async function keptOf({ sources }: Stores, id: number): Promise<string | null | undefined> {
  return (await sources.source(id))?.botSession;
}
