import { describe, expect, it } from '@jest/globals';
import { Vault } from '../../src/access/vault.js';
import { checkVault, EncryptionKeysDiffer } from '../../src/access/vault_check.js';
import { SingleNode } from '../../src/cluster/single_node.js';
import { type Stores, usingStores } from '../contracts/stores.js';
import { makeSqliteStores } from '../storage/databases.js';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const using = usingStores(makeSqliteStores);

describe('a replica that starts', () => {
  function starting({ access }: Stores) {
    const cluster = new SingleNode();
    return (...keys: Buffer[]) => checkVault({ access, cluster, vault: new Vault(keys) });
  }

  it(
    'may have the keys that the first one had, and no others',
    using(async (stores) => {
      const start = starting(stores);
      await start(OLD);
      await start(OLD);
      await expect(start(NEW)).rejects.toThrow(EncryptionKeysDiffer);
      await start(OLD);
    }),
  );

  it(
    'brings a new key in, beside the old one first',
    using(async (stores) => {
      const start = starting(stores);
      await start(OLD);
      await start(OLD, NEW);
      await start(NEW, OLD);
      await start(NEW);
      await expect(start(OLD)).rejects.toThrow('Give every replica the same ENCRYPTION_KEYS');
    }),
  );

  it(
    'is refused though another with other keys starts at the same moment',
    using(async (stores) => {
      const start = starting(stores);
      const both = await Promise.allSettled([start(OLD), start(NEW)]);
      expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    }),
  );

  it(
    'is refused where what is kept is no secret of this kind',
    using(async (stores) => {
      await stores.access.saveFact('vault.check', 'nonsense');
      await expect(starting(stores)(OLD)).rejects.toThrow(EncryptionKeysDiffer);
    }),
  );
});
