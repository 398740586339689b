import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runStoreContract } from '../contracts/run_store.js';
import { batch, OWNER, take, takeNew, UNTIL } from '../contracts/runs.js';
import { T0 } from '../contracts/stores.js';
import { inDirectory, makeSqliteStores, openAt } from './databases.js';

describe('runs in SQLite', () => runStoreContract(makeSqliteStores));

describe('runs in a reopened database file', () => {
  it('continue where they stopped, without waiting for the ownership of the old process to expire', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const before = await openAt(path);
      const { id, sourceId } = await takeNew(before);
      await before.runs.store(id, OWNER, batch(10, 4), T0);
      await before.runs.mark(id, OWNER, 'running', 'a', T0);
      await before.close();

      const after = await openAt(path);
      expect(await after.runs.renew(id, OWNER, UNTIL)).toBeNull();
      const taken = await take(after, { owner: 'replica:2', now: T0 + 1 });
      expect(taken).toMatchObject({ id, owner: 'replica:2', messagesRead: 4, startedAt: T0 });
      expect(await after.runs.checkpoint(sourceId)).toMatchObject({ lastMessageId: 10 });
      await after.close();
    }));
});
