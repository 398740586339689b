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
    'must have the keys of the first one',
    using(async (stores) => {
      const start = starting(stores);
      await start(OLD);
      await start(OLD);
      await expect(start(NEW)).rejects.toThrow(EncryptionKeysDiffer);
      await start(OLD);
    }),
  );

  it(
    'introduces a new key, first as the second of the list',
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
    'is refused even if another one with other keys starts at the same moment',
    using(async (stores) => {
      const start = starting(stores);
      const both = await Promise.allSettled([start(OLD), start(NEW)]);
      expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    }),
  );

  it(
    'is refused if the stored value is not a secret of this kind',
    using(async (stores) => {
      await stores.access.saveValue('vault.check', 'nonsense');
      await expect(starting(stores)(OLD)).rejects.toThrow(EncryptionKeysDiffer);
    }),
  );
});
