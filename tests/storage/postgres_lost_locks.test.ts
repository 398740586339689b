import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { describeWithServer } from './databases_postgres.js';
import { connections, contended, withLocks, work } from './exclusive_work.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

describe('exclusive work', () => {
  it(
    'that is aborted gives up its place: behind another replica, behind its own, and at once',
    withLocks(async ({ one, other, name }) => {
      const first = work();
      const before = one.exclusively('sync', first.run);
      await until(() => first.state.running);
      const [behindOther, behindOwn] = [new AbortController(), new AbortController()];
      const never = async () => 'never';
      const waiting = other.exclusively('sync', never, behindOther.signal);
      await until(async () => (await connections(name, true)) === 1);
      const queueing = one.exclusively('sync', never, behindOwn.signal);
      behindOwn.abort(new Error('not wanted'));
      await expect(queueing).rejects.toThrow('not wanted');
      behindOther.abort(new Error('not wanted either'));
      await expect(waiting).rejects.toThrow('not wanted either');
      await expect(one.exclusively('sync', never, behindOwn.signal)).rejects.toThrow('not wanted');
      first.end();
      expect(await before).toBe('done');
      expect(await other.exclusively('sync', async () => 'next')).toBe('next');
    }),
  );

  it(
    'continues if it is aborted after it has started',
    withLocks(async ({ one }) => {
      const [first, withdrawn] = [work(), new AbortController()];
      const result = one.exclusively('sync', first.run, withdrawn.signal);
      await until(() => first.state.running);
      withdrawn.abort();
      first.end();
      expect(await result).toBe('done');
    }),
  );

  it(
    'is notified that it lost the lock with its connection, which another replica then gets',
    withLocks(async (locks) => {
      const { name } = locks;
      const { first, second, before, after } = await contended(locks);
      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND state = 'idle'`,
      );
      await until(() => first.state.lost?.aborted === true && second.state.running);
      expect(first.state.lost?.reason).toMatchObject({ name: 'Unavailable' });
      expect(second.state.lost?.aborted).toBe(false);
      first.end('too late');
      second.end();
      expect(await Promise.all([before, after])).toEqual(['too late', 'done']);
    }),
  );

  it(
    'does not start while the database is unavailable, and does when it is back',
    withLocks(async (locks) => {
      const { other, name } = locks;
      const { first, second, before, after } = await contended(locks);
      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND wait_event_type = 'Lock'`,
      );
      await expect(after).rejects.toMatchObject({ name: 'Unavailable' });
      expect(second.state.running).toBe(false);
      first.end();
      await before;
      expect(await other.exclusively('sync', async () => 'again')).toBe('again');
    }),
  );
});
