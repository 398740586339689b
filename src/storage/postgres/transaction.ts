import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { withRetry } from '../../kernel/retry.js';
import type { Timers } from '../../kernel/timers.js';
import {
  commitOutcomeUnknown,
  isConnectionLost,
  OUTAGE_DELAYS_MS,
  retryDelays,
  toldError,
} from './transaction_errors.js';

/** What a statement does. A read is retried after any failure. */
export type Access = 'reads' | 'writes';

/** The sources of randomness and time. */
export interface TransactionDependencies {
  /** A number from 0 to 1, like `Math.random`. */
  random(): number;
  readonly timers: Timers;
}

/**
 * Runs transactions, each on one connection. Deadlocks and serialization failures are retried, and, for up to 2 s,
 * lost or missing connections before the commit. Every call rejects with `Unavailable` if the server stays
 * unavailable, and with `OutcomeUnknown` if the connection was lost during the commit.
 */
export class Transactions {
  readonly #pool: Pool;
  readonly #dependencies: TransactionDependencies;
  readonly #outageDelaysMs: readonly number[];

  constructor(pool: Pool, dependencies: TransactionDependencies, outageDelaysMs = OUTAGE_DELAYS_MS) {
    this.#pool = pool;
    this.#dependencies = dependencies;
    this.#outageDelaysMs = outageDelaysMs;
  }

  /** Runs `work` in a READ COMMITTED transaction, retrying it from the start if necessary. Durable when it resolves. */
  run<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#retry(() => this.#once(work));
  }

  /** Runs one statement, which is a transaction by itself. */
  statement<Row extends QueryResultRow>(query: QueryConfig, access: Access = 'writes'): Promise<Row[]> {
    return this.#retry(async () => {
      const client = await this.#pool.connect();
      let broken = false;
      try {
        return (await client.query<Row>(query)).rows;
      } catch (error) {
        broken = isConnectionLost(error);
        throw access === 'reads' ? error : commitOutcomeUnknown(error);
      } finally {
        client.release(broken);
      }
    });
  }

  async #retry<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const { random, timers } = this.#dependencies;
    const delayAfter = retryDelays(this.#outageDelaysMs, random);
    try {
      return await withRetry(attempt, { delayAfter, timers });
    } catch (error) {
      throw toldError(error);
    }
  }

  async #once<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let broken = false;
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      const result = await work(client);
      await commit(client);
      return result;
    } catch (error) {
      broken = isConnectionLost(error) || !(await undone(client));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw commitOutcomeUnknown(error);
  });
  // The server answers this, without an error, if a statement failed unnoticed.
  if (command === 'ROLLBACK') throw new Error('a statement of the transaction failed; it was undone');
}

async function undone(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
