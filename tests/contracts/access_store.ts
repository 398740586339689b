import { expect, it } from '@jest/globals';
import { type MakeStores, T0, usingStores } from './stores.js';

/** What every driver's AccessStore must do. */
export function accessStoreContract(make: MakeStores): void {
  const using = usingStores(make);
  const limits = { maxLeases: 3, tags: ['de', 'old'], expiresAt: T0 + 1000 };
  const key = { name: 'ci', role: 'worker', ...limits, createdAt: T0, hash: 'ab12' } as const;
  const record = { id: 1, name: 'ci', role: 'worker', ...limits, createdAt: T0 };

  it(
    'finds an API key by its hash until it is revoked, and never returns the hash',
    using(async ({ access }) => {
      expect(await access.createKey(key)).toEqual(record);
      expect(await access.keyByHash('ab12')).toEqual(record);
      expect(await access.keyByHash('ab13')).toBeNull();
      expect(await access.keys()).toEqual([record]);
      expect(await access.revokeKey(1, T0)).toBe('revoked');
      expect(await access.revokeKey(1, T0)).toBe('already');
      expect(await access.revokeKey(2, T0)).toBe('unknown');
      expect(await access.keyByHash('ab12')).toBeNull();
      expect(await access.keys()).toEqual([]);
    }),
  );

  it(
    'never reuses the id of a revoked key: leases and history name keys by it',
    using(async ({ access }) => {
      await access.createKey(key);
      await access.revokeKey(1, T0);
      expect((await access.createKey({ ...key, hash: 'cd34', maxLeases: null })).id).toBe(2);
    }),
  );

  it(
    'refuses two keys with one hash, and accepts others afterwards',
    using(async ({ access }) => {
      await access.createKey(key);
      const [twin, other] = await Promise.allSettled([
        access.createKey(key),
        access.createKey({ ...key, hash: 'cd34' }),
      ]);
      expect(twin.status).toBe('rejected');
      expect(other.status).toBe('fulfilled');
      expect(await access.keys()).toHaveLength(2);
    }),
  );

  it(
    'finds an API key by its id until it is revoked, and its name even then',
    using(async ({ access }) => {
      await access.createKey(key);
      expect(await access.keyById(1)).toEqual(record);
      await access.revokeKey(1, T0);
      expect(await access.keyById(1)).toBeNull();
      expect(await access.keyNames([1, 2])).toEqual([{ id: 1, name: 'ci' }]);
      expect(await access.keyNames([])).toEqual([]);
    }),
  );

  it(
    'remembers the sign-ins that were ended, until their time has passed',
    using(async ({ access }) => {
      await access.endSignIn('one', T0 + 1000);
      await access.endSignIn('one', T0 + 5000);
      await access.endSignIn('two', T0 + 2000);
      expect([await access.isSignInEnded('one'), await access.isSignInEnded('three')]).toEqual([true, false]);
      expect(await access.pruneSignIns(T0 + 1000, 9)).toBe(1);
      expect([await access.isSignInEnded('one'), await access.isSignInEnded('two')]).toEqual([false, true]);
    }),
  );

  it(
    'stores proxies and key-value pairs',
    using(async ({ access }) => {
      const proxy = { type: 'socks5', host: 'proxy.example', port: 1080, user: null, pass: null };
      const id = await access.addProxy(proxy);
      expect(await access.proxies()).toEqual([{ id, ...proxy }]);
      expect(await access.proxy(id)).toEqual({ id, ...proxy });
      expect(await access.proxy(id + 1)).toBeNull();
      expect(await access.value('f')).toBeNull();
      await access.saveValue('f', 'one');
      await access.saveValue('f', 'two');
      expect(await access.value('f')).toBe('two');
    }),
  );
}
