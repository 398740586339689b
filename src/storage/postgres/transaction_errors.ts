import { types } from 'node:util';
import pg from 'pg';
import { Unavailable } from '../../kernel/errors.js';
import { exponentialDelays, RetryBudget, withJitter } from '../../kernel/retry.js';

/*
 * What the error of a transaction means: whether it was undone, is in doubt, or may succeed in a moment.
 */

/** The maximum delays of a transaction that others abort, in milliseconds. */
const CONFLICT_DELAYS_MS = exponentialDelays(5, 4);

/**
 * The maximum delays of a transaction for a lost connection, in milliseconds: 2 s in total, which a server takes to
 * restart. A longer outage is reported to the caller, which can wait longer than its connection.
 */
export const OUTAGE_DELAYS_MS: readonly number[] = [25, 75, 150, 300, 450, 1_000];

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

/**
 * Decides, for one transaction, after each error of an attempt: milliseconds until the next attempt, or null to give
 * up. `random`: a number from 0 to 1, like `Math.random`.
 */
export function retryDelays(
  outageDelaysMs: readonly number[],
  random: () => number,
): (error: unknown) => number | null {
  const conflicts = new RetryBudget(CONFLICT_DELAYS_MS);
  const outages = new RetryBudget(outageDelaysMs);
  return (error) => {
    if (error instanceof OutcomeUnknown) return null;
    if (isRetryable(error)) {
      const maxMs = conflicts.delayAfterFailure();
      return maxMs === null ? null : random() * maxMs;
    }
    const maxMs = isTransient(error) ? outages.delayAfterFailure() : null;
    return maxMs === null ? null : withJitter(maxMs, random);
  };
}

/** Whether the connection is of no further use after this error. */
export function isConnectionLost(error: unknown): boolean {
  return isServerFault(error) && !isRetryable(error);
}

/** Whether the same transaction, which was rolled back, can be retried at once. */
function isRetryable(error: unknown): boolean {
  return causes(error).some((cause) => RETRYABLE.has(codeOf(cause)));
}

/** Whether the connection, or its server, is gone or about to be. */
function isServerFault(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    return SERVER.test(code) || NETWORK.has(code) || RETRYABLE.has(code) || LOST.test(cause.message);
  });
}

/** Whether the server, or the connection to it, may be back in a moment. */
function isTransient(error: unknown): boolean {
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
