import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { runBatch } from '../../src/storage/sqlite/batch.js';

const nothingElse = { flush: () => undefined, reload: () => undefined };

/** Runs the calls over a table of numbers; returns their results and the numbers afterwards. */
async function batch(...calls: ((insert: (n: number) => unknown) => unknown)[]) {
  const sqlite = new Database(':memory:');
  sqlite.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY)');
  const statement = sqlite.prepare('INSERT INTO numbers VALUES (?)');
  const insert = (n: number) => statement.run(n).changes;
  const results = await runBatch(
    sqlite,
    nothingElse,
    calls.map((call) => () => call(insert)),
  );
  const numbers = sqlite.prepare('SELECT n FROM numbers ORDER BY n').pluck().all();
  sqlite.close();
  return { results, numbers };
}

describe('a batch of calls', () => {
  it('is kept whole, with the results of calls that answer at once and of those that promise to', async () => {
    const { results, numbers } = await batch(
      (insert) => insert(1),
      async (insert) => insert(2),
    );
    expect(results).toEqual([{ value: 1 }, { value: 1 }]);
    expect(numbers).toEqual([1, 2]);
  });

  it('spares the others when a call fails, and undoes all of that one', async () => {
    const { results, numbers } = await batch(
      (insert) => insert(1),
      async (insert) => [insert(2), insert(1)],
      (insert) => insert(3),
    );
    expect(results).toEqual([
      { value: 1 },
      { failure: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY', message: expect.any(String) } },
      { value: 1 },
    ]);
    expect(numbers).toEqual([1, 3]);
  });

  it('undoes a call that waits for anything but the database: others could run inside its transaction', async () => {
    const { results, numbers } = await batch(async (insert) => {
      insert(1);
      await setImmediate();
      return insert(2);
    });
    expect(results).toEqual([
      { failure: { code: 'UNEXPECTED', message: 'a call awaited more than the database' } },
    ]);
    expect(numbers).toEqual([]);
  });
});
