import { expect, it } from '@jest/globals';
import type { FoundFile } from '../../src/intake/store.js';
import { channel, known, save } from './known_peers.js';
import {
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  put,
  SECOND,
  type Stores,
  T0,
  usingStores,
} from './stores.js';

const SESSION = { authKeySha256: keyOf('k'), remembersChannels: true, userId: '7' };

async function apply({ intake }: Stores, over: Partial<FoundFile>, now = T0) {
  return (await intake.apply([put(found('a', { ...SESSION, ...over }))], now)).unreadChannels;
}

async function fingerprint({ intake }: Stores): Promise<string | undefined> {
  return (await intake.knownOf(['a'])).fingerprints[0];
}

/** Files that remember channels. */
export function unreadChannels(make: MakeStores): void {
  const using = usingStores(make);
  const unread = { sessionId: 1, file: 'a.session', authKeySha256: keyOf('k'), since: 0 };

  it(
    'are read by each scan until their channels are known',
    using(async (stores) => {
      const first = [{ ...unread, fingerprint: 'print of a' }];
      expect(await apply(stores, {})).toEqual(first);
      expect(await fingerprint(stores)).toBe('');
      expect(await apply(stores, {})).toEqual(first);
      await stores.intake.channelsRead(1, 'print of a');
      expect(await fingerprint(stores)).toBe('print of a');
    }),
  );

  it(
    'tell only what is new since the last lease began, once they are known',
    using(async (stores) => {
      await apply(stores, {});
      await stores.intake.channelsRead(1, 'print of a');
      await lease(stores, {}, T0 + 5);
      const since = [{ ...unread, since: T0 + 5, fingerprint: null }];
      expect(await apply(stores, { fingerprint: 'written' }, T0 + 6)).toEqual(since);
      expect(await fingerprint(stores)).toBe('written');
    }),
  );

  it(
    'tell what was written under a lease that has ended, even if the next one has begun just now',
    using(async (stores) => {
      await apply(stores, {});
      await stores.intake.channelsRead(1, 'print of a');
      const since = async (fingerprint: string, now: number) =>
        (await apply(stores, { fingerprint }, now)).map((file) => file.since);
      const { leaseId } = await lease(stores, {}, T0 + SECOND);
      await stores.pool.release(1, by({ leaseId }), null, T0 + 90 * SECOND);
      expect(await since('written at the end', T0 + 91 * SECOND)).toEqual([T0 + SECOND]);
      await lease(stores, {}, T0 + 92 * SECOND);
      expect(await since('read late', T0 + 93 * SECOND)).toEqual([T0 + SECOND]);
      expect(await since('written since', T0 + 152 * SECOND)).toEqual([T0 + 92 * SECOND]);
    }),
  );

  it(
    'tell everything again with another auth key, and what the session knew is kept if the account is the same',
    using(async (stores) => {
      await apply(stores, {});
      await stores.intake.channelsRead(1, 'print of a');
      await save(stores, 1, [channel('news')]);
      const other = { authKeySha256: keyOf('other') };
      expect(await apply(stores, other)).toEqual([{ ...unread, ...other, fingerprint: 'print of a' }]);
      expect(await known(stores, 1, '@news')).not.toBeNull();
      await apply(stores, { authKeySha256: keyOf('third'), userId: null });
      expect(await known(stores, 1, '@news')).toBeNull();
    }),
  );

  it(
    'of no certain account make the session forget what it knew, when their auth key changes',
    using(async (stores) => {
      await apply(stores, { userId: null });
      await save(stores, 1, [channel('news')]);
      await apply(stores, { userId: null, authKeySha256: keyOf('other') });
      expect(await known(stores, 1, '@news')).toBeNull();
    }),
  );

  it(
    'without a session, an auth key or channels have none to be read',
    using(async (stores) => {
      expect(await apply(stores, { remembersChannels: false })).toEqual([]);
      expect(await fingerprint(stores)).toBe('print of a');
      expect(await apply(stores, { file: null, json: 'a.json' })).toEqual([]);
      expect(await apply(stores, { authKeySha256: null })).toEqual([]);
    }),
  );
}
