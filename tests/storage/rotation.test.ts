import { describe, expect, it } from '@jest/globals';
import { SESSION_API_HASH } from '../../src/access/api_hash.js';
import { PROXY_PASSWORD } from '../../src/access/proxies.js';
import { rotateSecrets } from '../../src/access/rotation.js';
import { Vault } from '../../src/access/vault.js';
import { add, usingStores } from '../contracts/stores.js';
import { makeSqliteStores } from './databases.js';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const using = usingStores(makeSqliteStores);

describe('a new encryption key', () => {
  it(
    'encrypts what the older one encrypted, and leaves what no key opens',
    using(async (stores) => {
      const [before, both, after] = [new Vault([OLD]), new Vault([NEW, OLD]), new Vault([NEW])];
      const pass = await before.encrypt('secret', PROXY_PASSWORD);
      await stores.access.addProxy({ type: 'socks5', host: 'h', port: 1, user: null, pass });
      const names = Array.from({ length: 1003 }, (_, index) => `s${index}`);
      await add(stores, ...names);
      const token = await before.encrypt('hash', SESSION_API_HASH);
      const current = await both.encrypt('hash', SESSION_API_HASH);
      const [first, last, unreadable] = [1, 1003, 500];
      for (let id = first; id <= last; id += 1)
        await stores.sessions.saveApiHash(id, id === 2 ? current : id === unreadable ? 'nonsense' : token);

      await rotateSecrets(stores.access, stores.sessions, both);

      const [proxy] = await stores.access.proxies();
      expect(await after.decrypt(proxy?.pass ?? '', PROXY_PASSWORD)).toBe('secret');
      const hashes = await stores.sessions.apiHashes(0, 2000);
      expect(hashes).toHaveLength(1003);
      for (const { id, apiHash } of hashes) {
        if (id === unreadable) expect(apiHash).toBe('nonsense');
        else expect(await after.decrypt(apiHash, SESSION_API_HASH)).toBe('hash');
      }
      expect(hashes[1]?.apiHash).toBe(current);
    }),
  );
});
