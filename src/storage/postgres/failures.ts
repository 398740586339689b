import { types } from 'node:util';
import pg from 'pg';
import { Unavailable } from '../../errors.js';

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
export function isPassing(error: unknown): boolean {
  return causes(error).some((cause) => {
    const code = codeOf(cause);
    return PASSING.test(code) || NETWORK.has(code) || CUT.test(cause.message);
  });
}

/** The error of what may have been committed: `OutcomeUnknown`, unless it tells that it was not. */
export function doubted(error: unknown): unknown {
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
