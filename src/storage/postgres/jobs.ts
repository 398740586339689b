import type { PostgresOptions } from './connect.js';
import { LockConnection } from './locks.js';
import type { Transactions } from './transaction.js';

/** ISO texts of the same length, which every collation sorts by time. */
const LAST_DUE = 'SELECT value FROM key_value WHERE name = $1';
const MOVE_FORWARD = `INSERT INTO key_value AS kept (name, value) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE kept.value < excluded.value RETURNING value`;

/** Jobs that are due at every replica, and run by one. */
export class Jobs {
  readonly #options: PostgresOptions;
  readonly #transactions: Transactions;

  constructor(options: PostgresOptions, transactions: Transactions) {
    this.#options = options;
    this.#transactions = transactions;
  }

  /**
   * As `Cluster.takeJob`: each due time is given out once, also to replicas whose clocks are late. If the
   * connection is lost while the job is done, the next one may be given out before this one has ended.
   */
  async takeJob(name: string, dueAt: Date): Promise<(() => Promise<void>) | null> {
    const due = dueAt.toISOString();
    // A late replica does not touch the lock: another might find it taken and skip its own job.
    if (await this.#isTaken(name, due)) return null;
    const lock = await LockConnection.tryAtOnce(this.#options, { kind: 'job', name });
    if (!lock) return null;
    try {
      if (await this.#moveForward(name, due)) return () => lock.release();
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
    return null;
  }

  async #isTaken(name: string, due: string): Promise<boolean> {
    const query = { text: LAST_DUE, values: [factOf(name)] };
    const [last] = await this.#transactions.statement<{ value: string }>(query, 'reads');
    return last !== undefined && last.value >= due;
  }

  async #moveForward(name: string, due: string): Promise<boolean> {
    const query = { text: MOVE_FORWARD, values: [factOf(name), due] };
    return (await this.#transactions.statement(query)).length > 0;
  }
}

function factOf(name: string): string {
  return `job.${name}`;
}
