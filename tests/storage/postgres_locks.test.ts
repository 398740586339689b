import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { describeWithServer } from './databases_postgres.js';
import { connections, contended, withLocks, work } from './exclusive_work.js';

const describe = await describeWithServer();

describe('exclusive work', () => {
  it(
    'is done by one replica after the other, and its result is returned',
    withLocks(async ({ one, other, name }) => {
      const [first, second] = [work(), work()];
      const results = [one.exclusively('sync', first.run), other.exclusively('sync', second.run)];
      await until(async () => first.state.running !== second.state.running);
      await until(async () => (await connections(name, true)) === 1);
      const [begun, next] = first.state.running ? [first, second] : [second, first];
      begun.end();
      await until(() => next.state.running);
      expect(begun.state.running).toBe(false);
      next.end();
      expect(await Promise.all(results)).toEqual(['done', 'done']);
      expect([begun.state.lost?.aborted, next.state.lost?.aborted]).toEqual([false, false]);
      await until(async () => (await connections(name, false)) === 0);
    }),
  );

  it(
    'may wait longer than a statement may take',
    withLocks(async (locks) => {
      const { first, second, before, after } = await contended(locks);
      // Real time: it is the server that would end the wait.
      await new Promise((over) => setTimeout(over, 200));
      first.end();
      second.end('second');
      expect(await Promise.all([before, after])).toEqual(['done', 'second']);
    }),
  );

  it(
    'of one process waits in order of arrival, on one connection; that of another name does not wait',
    withLocks(async ({ one, name }) => {
      const works = [work(), work(), work()];
      const order: number[] = [];
      const results = works.map(({ run }, index) =>
        one.exclusively('sync', (lost) => {
          order.push(index);
          return run(lost);
        }),
      );
      await until(() => works[0]?.state.running === true);
      expect(await one.exclusively('health', async () => 'at once')).toBe('at once');
      await until(async () => (await connections(name, false)) === 1);
      expect(order).toEqual([0]);
      for (const { end } of works) end();
      await Promise.all(results);
      expect(order).toEqual([0, 1, 2]);
    }),
  );

  it(
    'that fails lets the next one start, and reports the reason',
    withLocks(async ({ one, other }) => {
      const failing = one.exclusively('sync', async () => {
        throw new Error('the disk is full');
      });
      await expect(failing).rejects.toThrow('the disk is full');
      expect(await other.exclusively('sync', async () => 'next')).toBe('next');
      expect(await one.exclusively('sync', async () => 'again')).toBe('again');
    }),
  );
});
