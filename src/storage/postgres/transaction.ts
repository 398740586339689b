import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { Timers } from '../../timers.js';
import { isRetryable, isServerFault, toldError } from './failures.js';

/** How often a transaction is tried that others undo. */
const ATTEMPTS = 6;

/** The longest pause before the second attempt, in milliseconds; each later one may be twice as long. */
const FIRST_PAUSE_MS = 4;

/** What chance and time are made of. */
export interface Surroundings {
  /** A number from 0 to 1, as `Math.random` gives. */
  random(): number;
  readonly timers: Timers;
}

/**
 * Runs transactions, each on one connection. Those that deadlock or can't be put in an order are run again;
 * every call rejects with `Unavailable` when the server can't be reached or ends the connection. Then a
 * transaction may have been committed all the same, if the connection broke before the answer came.
 */
export class Transactions {
  readonly #pool: Pool;
  readonly #surroundings: Surroundings;

  constructor(pool: Pool, surroundings: Surroundings) {
    this.#pool = pool;
    this.#surroundings = surroundings;
  }

  /** Runs `work` in a READ COMMITTED transaction, from the start again if need be. Durable when it resolves. */
  run<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#repeatedly(() => this.#once(work));
  }

  /** Runs one statement, which is a transaction by itself. */
  statement<Row extends QueryResultRow>(query: QueryConfig): Promise<Row[]> {
    return this.#repeatedly(async () => (await this.#pool.query<Row>(query)).rows);
  }

  async #repeatedly<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let failed = 0; ; failed += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!isRetryable(error) || failed + 1 >= ATTEMPTS) throw toldError(error);
        await this.#pause(failed);
      }
    }
  }

  async #once<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let broken = false;
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      const result = await work(client);
      const { command } = await client.query('COMMIT');
      // The server answers so, and without an error, when a statement failed and nobody said so.
      if (command === 'ROLLBACK') throw new Error('a statement of the transaction failed; it was undone');
      return result;
    } catch (error) {
      const lost = isServerFault(error) && !isRetryable(error);
      broken = lost || !(await undone(client));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  #pause(failed: number): Promise<void> {
    const { random, timers } = this.#surroundings;
    return new Promise((resolve) => timers.after(random() * FIRST_PAUSE_MS * 2 ** failed, resolve));
  }
}

async function undone(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
