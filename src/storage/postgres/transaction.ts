import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { Timers } from '../../timers.js';
import { doubted, isPassing, isRetryable, isServerFault, OutcomeUnknown, toldError } from './failures.js';

/** How often a transaction is tried that others undo. */
const ATTEMPTS = 6;

/** The longest pause before the second attempt, in milliseconds; each later one may be twice as long. */
const FIRST_PAUSE_MS = 4;

/**
 * How long a transaction waits, in milliseconds and at the most, for a connection that was lost: 2 s in all, as
 * a server takes to restart. Of a longer outage the caller is told, who has more patience than its connection.
 */
const PAUSES_MS: readonly number[] = [25, 75, 150, 300, 450, 1_000];

/** What a statement does. One that only reads is run again however it failed. */
export type Access = 'reads' | 'writes';

/** What chance and time are made of. */
export interface Surroundings {
  /** A number from 0 to 1, as `Math.random` gives. */
  random(): number;
  readonly timers: Timers;
}

/**
 * Runs transactions, each on one connection. Those that deadlock or can't be put in an order are run again, and
 * so are those, for up to 2 s, that lost their connection or got none before they were to be committed. Every
 * call rejects with `Unavailable` when the server stays away, and with `OutcomeUnknown` when the connection was
 * lost on the way to a commit.
 */
export class Transactions {
  readonly #pool: Pool;
  readonly #surroundings: Surroundings;
  readonly #pausesMs: readonly number[];

  constructor(pool: Pool, surroundings: Surroundings, pausesMs = PAUSES_MS) {
    this.#pool = pool;
    this.#surroundings = surroundings;
    this.#pausesMs = pausesMs;
  }

  /** Runs `work` in a READ COMMITTED transaction, from the start again if need be. Durable when it resolves. */
  run<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#repeatedly(() => this.#once(work));
  }

  /** Runs one statement, which is a transaction by itself. */
  statement<Row extends QueryResultRow>(query: QueryConfig, access: Access = 'writes'): Promise<Row[]> {
    return this.#repeatedly(async () => {
      const client = await this.#pool.connect();
      let broken = false;
      try {
        return (await client.query<Row>(query)).rows;
      } catch (error) {
        broken = isServerFault(error) && !isRetryable(error);
        throw access === 'reads' ? error : doubted(error);
      } finally {
        client.release(broken);
      }
    });
  }

  async #repeatedly<Result>(attempt: () => Promise<Result>): Promise<Result> {
    let [undone, lost] = [0, 0];
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const pause = this.#pauseAfter(error, undone, lost);
        if (pause === null) throw toldError(error);
        if (isRetryable(error)) undone += 1;
        else lost += 1;
        await this.#pass(pause);
      }
    }
  }

  /** Null: it is not run again. */
  #pauseAfter(error: unknown, undone: number, lost: number): number | null {
    if (error instanceof OutcomeUnknown) return null;
    const { random } = this.#surroundings;
    if (isRetryable(error)) return undone + 1 < ATTEMPTS ? random() * FIRST_PAUSE_MS * 2 ** undone : null;
    const most = this.#pausesMs[lost];
    return isPassing(error) && most !== undefined ? most * (0.5 + random() / 2) : null;
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
      const lost = isServerFault(error) && !isRetryable(error);
      broken = lost || !(await undone(client));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  #pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#surroundings.timers.after(milliseconds, resolve));
  }
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw doubted(error);
  });
  // The server answers so, and without an error, when a statement failed and nobody said so.
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
