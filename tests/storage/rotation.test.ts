import { describe, expect, it } from '@jest/globals';
import { rotateSecrets } from '../../src/access/stored_secrets.js';
import {
  PROXY_PASSWORD,
  SESSION_API_HASH,
  SESSION_CREDENTIALS,
  SOURCE_API_HASH,
  SOURCE_BOT_SESSION,
  SOURCE_BOT_TOKEN,
  Vault,
} from '../../src/access/vault.js';
import { addSource } from '../contracts/sources.js';
import { add, found, keyOf, put, T0, usingStores } from '../contracts/stores.js';
import { makeSqliteStores } from './databases.js';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const using = usingStores(makeSqliteStores);

describe('a new encryption key', () => {
  it(
    're-encrypts what the older one encrypted, and keeps what no key decrypts',
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

      await rotateSecrets(stores, both);

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

  it(
    're-encrypts the sessions stored in the database',
    using(async (stores) => {
      const [before, both, after] = [new Vault([OLD]), new Vault([NEW, OLD]), new Vault([NEW])];
      const old = await before.encrypt('session', SESSION_CREDENTIALS);
      const current = await both.encrypt('session', SESSION_CREDENTIALS);
      const kept = [old, current, 'nonsense'].map((credentials, index) =>
        put(found(`s${index}`, { authKeySha256: keyOf(`${index}`), credentials })),
      );
      await stores.intake.apply(kept, T0);

      await rotateSecrets(stores, both);

      const anew = await stores.sessions.credentials(1);
      expect(await after.decrypt(anew ?? '', SESSION_CREDENTIALS)).toBe('session');
      expect(await stores.sessions.credentials(2)).toBe(current);
      expect(await stores.sessions.credentials(3)).toBe('nonsense');
    }),
  );

  it(
    're-encrypts the API hashes of sources, their bot tokens, and the sessions of their bots',
    using(async (stores) => {
      const [before, both, after] = [new Vault([OLD]), new Vault([NEW, OLD]), new Vault([NEW])];
      const apiHash = await before.encrypt('hash', SOURCE_API_HASH);
      const botToken = await before.encrypt('token', SOURCE_BOT_TOKEN);
      const current = await both.encrypt('token', SOURCE_BOT_TOKEN);
      await addSource(stores, { apiHash, botToken });
      await addSource(stores, { apiHash: 'nonsense', botToken: current });
      await addSource(stores, { botToken });
      const session = await before.encrypt('session', SOURCE_BOT_SESSION);
      await stores.sources.keepBotSession(3, botToken, session);

      await rotateSecrets(stores, both);

      const [one, two, three] = await stores.sources.sources({ skip: 0, limit: 9 });
      expect(await after.decrypt(one?.apiHash ?? '', SOURCE_API_HASH)).toBe('hash');
      expect(await after.decrypt(one?.botToken ?? '', SOURCE_BOT_TOKEN)).toBe('token');
      expect(two).toMatchObject({ apiHash: 'nonsense', botToken: current });
      expect(three?.apiHash).toBeNull();
      expect(await after.decrypt(three?.botToken ?? '', SOURCE_BOT_TOKEN)).toBe('token');
      expect(await after.decrypt(three?.botSession ?? '', SOURCE_BOT_SESSION)).toBe('session');
    }),
  );
});
