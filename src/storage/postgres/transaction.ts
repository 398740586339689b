import { types } from 'node:util';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import pg from 'pg';
import { Unavailable } from '../../kernel/errors.js';
import { exponentialDelays, RetryBudget, withJitter, withRetry } from '../../kernel/retry.js';
import type { Timers } from '../../kernel/timers.js';

/** The maximum delays of a transaction that others abort, in milliseconds. */
const CONFLICT_DELAYS_MS = exponentialDelays(5, 4);

/**
 * The maximum delays of a transaction for a lost connection, in milliseconds: 2 s in total, which a server takes to
 * restart. A longer outage is reported to the caller, which can wait longer than its connection.
 */
const OUTAGE_DELAYS_MS: readonly number[] = [25, 75, 150, 300, 450, 1_000];

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
        broken = isServerFault(error) && !isRetryable(error);
        throw access === 'reads' ? error : commitOutcomeUnknown(error);
      } finally {
        client.release(broken);
      }
    });
  }

  async #retry<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const { random, timers } = this.#dependencies;
    const conflicts = new RetryBudget(CONFLICT_DELAYS_MS);
    const outages = new RetryBudget(this.#outageDelaysMs);
    const delayAfter = (error: unknown): number | null => {
      if (error instanceof OutcomeUnknown) return null;
      if (isRetryable(error)) {
        const maxMs = conflicts.delayAfterFailure();
        return maxMs === null ? null : random() * maxMs;
      }
      const maxMs = isTransient(error) ? outages.delayAfterFailure() : null;
      return maxMs === null ? null : withJitter(maxMs, random);
    };
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
      const lost = isServerFault(error) && !isRetryable(error);
      broken = lost || !(await undone(client));
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

/** The transaction was aborted because of another one: a retry may succeed. */
const RETRYABLE: ReadonlySet<string> = new Set(['40001', '40P01']);

/**
 * SQLSTATEs that blame the server, not the request: connections (08), resources (53), an operator or a timeout (57),
 * the system (58), a lock timeout, an idle transaction, and a read-only server.
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

/** The client library's messages without a code for missing or lost connections. */
const LOST =
  /^Connection terminated|^Client has encountered a connection error|^timeout exceeded when trying to connect|^timeout expired|after calling end on the pool|^Client was closed|^Query read timeout/;

/** A server that is stopping, starting or out of connections; a read-only one is being replaced. */
const PASSING = /^(08...|57P0[123]|53300|25006)$/;

/** A loss that is known at once. A call that has already timed out does not wait again. */
const CUT = /^Connection terminated(?! due to connection timeout)|is not queryable$/;

/** Raised by the client library before it sends anything. */
const NEVER_SENT = /is not queryable$/;

/** What the server says as it closes a connection, or fails: it does not tell the outcome of the statement. */
const FATAL = /^(08|57P|58|XX)/;

/** The connection was lost before the server confirmed the commit: it may have been done. */
export class OutcomeUnknown extends Unavailable {
  constructor(cause: unknown) {
    const message = 'the connection to the database was lost: the operation may have been done';
    super({ error: 'storage_unavailable', message }, 5, { cause });
  }
}

/** Whether the same transaction, which was rolled back, can be retried at once. */
export function isRetryable(error: unknown): boolean {
  return causes(error).some((cause) => RETRYABLE.has(codeOf(cause)));
}

/** Whether the connection, or its server, is gone or about to be. */
export function isServerFault(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    return SERVER.test(code) || NETWORK.has(code) || RETRYABLE.has(code) || LOST.test(cause.message);
  });
}

/** Whether the server, or the connection to it, may be back in a moment. */
export function isTransient(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    return PASSING.test(code) || NETWORK.has(code) || CUT.test(cause.message);
  });
}

/** The error for a transaction that may have been committed: `OutcomeUnknown`, unless it is known that it was not. */
export function commitOutcomeUnknown(error: unknown): unknown {
  return isServerFault(error) && !causes(error).some(tellsThatItWasUndone)
    ? new OutcomeUnknown(error)
    : error;
}

/** The error for a caller: `Unavailable` if the server is at fault, else the error itself. */
export function toldError(error: unknown): unknown {
  if (error instanceof Unavailable || !isServerFault(error)) return error;
  const detail = { error: 'storage_unavailable', message: 'the database cannot be written at the moment' };
  return new Unavailable(detail, 5, { cause: error });
}

/** The error and what caused it, the innermost last. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  // Including Node's own errors, which are not instances of a test's `Error`.
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
