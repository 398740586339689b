import { describe, expect, it } from '@jest/globals';
import { poolStoreContract } from '../contracts/pool_store.js';
import { add, by, nameFor, T0, usingStores } from '../contracts/stores.js';
import { makeSqliteStores } from './databases.js';

describe('the pool in SQLite', () => poolStoreContract(makeSqliteStores));

const using = usingStores(makeSqliteStores);

// Here alone: PostgreSQL has the same repository, and takes seconds for so many.
describe('flood waits of methods that Telegram does not have', () => {
  it(
    'are bounded: of more than a thousand for one session, those that end first are forgotten',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const flood = (n: number) => ({ kind: 'flood', seconds: 60 + n, method: `m${n}` }) as const;
      const methods = Array.from({ length: 1_001 }, (_, n) => n);
      await Promise.all(methods.map((n) => stores.pool.block(Number(a), by({ admin: true }), flood(n), T0)));
      expect(await stores.sessions.methodFloods([Number(a)], T0)).toHaveLength(1_000);
      expect(await nameFor(stores, { method: 'm1' })).toBeNull();
      expect(await nameFor(stores, { method: 'm0' })).toBe('a');
    }),
  );
});
