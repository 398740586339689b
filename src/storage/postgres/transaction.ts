import { types } from 'node:util';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import pg from 'pg';
import { Unavailable } from '../../errors.js';
import type { Timers } from '../../timers.js';

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
export interface TransactionDependencies {
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
  readonly #dependencies: TransactionDependencies;
  readonly #pausesMs: readonly number[];

  constructor(pool: Pool, dependencies: TransactionDependencies, pausesMs = PAUSES_MS) {
    this.#pool = pool;
    this.#dependencies = dependencies;
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
        throw access === 'reads' ? error : commitOutcomeUnknown(error);
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
    const { random } = this.#dependencies;
    if (isRetryable(error)) return undone + 1 < ATTEMPTS ? random() * FIRST_PAUSE_MS * 2 ** undone : null;
    const most = this.#pausesMs[lost];
    return isTransient(error) && most !== undefined ? most * (0.5 + random() / 2) : null;
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
    return new Promise((resolve) => this.#dependencies.timers.after(milliseconds, resolve));
  }
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw commitOutcomeUnknown(error);
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

/** The transaction was undone because of another one: the same one may pass now. */
const RETRYABLE: ReadonlySet<string> = new Set(['40001', '40P01']);

/**
 * SQLSTATEs that mean the server, not the request: connections (08), resources (53), an operator or a time-out
 * (57), the system (58), a lock that was waited for too long, a transaction that stood still, and a server that only reads for now.
 */
const SERVER = /^(08|53|57|58)...$|^(55P03|25006|25P03)$/;

const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What the client library says without a code when it has no connection, or no longer. */
const LOST =
  /^Connection terminated|^Client has encountered a connection error|^timeout exceeded when trying to connect|^timeout expired|after calling end on the pool|^Client was closed|^Query read timeout/;

/** A server that ends, starts or has no connection left; one that only reads is being replaced. */
const PASSING = /^(08...|57P0[123]|53300|25006)$/;

/** A loss that is known at once. Who waited until the time was over does not wait once more. */
const CUT = /^Connection terminated(?! due to connection timeout)|is not queryable$/;

/** Said by the client library before it sends anything. */
const NEVER_SENT = /is not queryable$/;

/** What the server says as it ends a connection, or fails: not what became of the statement. */
const FATAL = /^(08|57P|58|XX)/;

/** The connection was lost before the server said whether it committed: it may be done all the same. */
export class OutcomeUnknown extends Unavailable {
  constructor(cause: unknown) {
    const message = 'the connection to the database was lost: what was asked for may have been done';
    super({ error: 'storage_unavailable', message }, 5, { cause });
  }
}

/** Whether the same transaction, undone as it is, may be run again at once. */
export function isRetryable(error: unknown): boolean {
  return causes(error).some((cause) => RETRYABLE.has(codeOf(cause)));
}

/** Whether the connection, or the server behind it, is gone or going. */
export function isServerFault(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    return SERVER.test(code) || NETWORK.has(code) || RETRYABLE.has(code) || LOST.test(cause.message);
  });
}

/** Whether the server, or the connection to it, may be there again in a moment. */
export function isTransient(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    return PASSING.test(code) || NETWORK.has(code) || CUT.test(cause.message);
  });
}

/** The error of what may have been committed: `OutcomeUnknown`, unless it tells that it was not. */
export function commitOutcomeUnknown(error: unknown): unknown {
  return isServerFault(error) && !causes(error).some(tellsThatItWasUndone)
    ? new OutcomeUnknown(error)
    : error;
}

/** What a caller is told: `Unavailable` where the fault is the server's, else the error itself. */
export function toldError(error: unknown): unknown {
  if (error instanceof Unavailable || !isServerFault(error)) return error;
  const detail = { error: 'storage_unavailable', message: 'the database can not be written just now' };
  return new Unavailable(detail, 5, { cause: error });
}

/** The error and what caused it, the innermost last. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  // Also those of Node itself, which are no `Error` of ours where a test has its own.
  for (let cause = error; types.isNativeError(cause) && found.length < 8; cause = cause.cause) {
    found.push(cause);
    if ('errors' in cause && Array.isArray(cause.errors))
      found.push(...cause.errors.filter(types.isNativeError));
  }
  return found;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function tellsThatItWasUndone(error: Error): boolean {
  return NEVER_SENT.test(error.message) || (error instanceof pg.DatabaseError && !FATAL.test(codeOf(error)));
}
