import type { Cluster } from '../../cluster/cluster.js';
import type { PostgresOptions } from './connect.js';
import { LockConnection } from './locks.js';
import type { Transactions } from './transaction.js';

/** ISO texts of the same length, which every collation sorts by time. */
const LAST_DUE = 'SELECT value FROM key_value WHERE name = $1';
const MOVE_FORWARD = `INSERT INTO key_value AS kept (name, value) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE kept.value < excluded.value RETURNING value`;

/**
 * Jobs that are due at every replica, and run by one: each due time is given out once, also to replicas whose clocks
 * are late. If the connection is lost while the job is done, the next one may be given out before this one has ended.
 */
export function jobs(options: PostgresOptions, transactions: Transactions): Pick<Cluster, 'takeJob'> {
  return {
    async takeJob(name, dueAt) {
      const [key, due] = [`job.${name}`, dueAt.toISOString()];
      // A late replica does not touch the lock: another might find it taken and skip its own job.
      const query = { text: LAST_DUE, values: [key] };
      const [last] = await transactions.statement<{ value: string }>(query, 'reads');
      if (last !== undefined && last.value >= due) return null;
      const lock = await LockConnection.tryAtOnce(options, { kind: 'job', name });
      if (!lock) return null;
      try {
        const moved = await transactions.statement({ text: MOVE_FORWARD, values: [key, due] });
        if (moved.length > 0) return () => lock.release();
      } catch (error) {
        await lock.release();
        throw error;
      }
      await lock.release();
      return null;
    },
  };
}
