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

/** What a caller is told: `Unavailable` where the fault is the server's, else the error itself. */
export function toldError(error: unknown): unknown {
  if (!isServerFault(error)) return error;
  const detail = { error: 'storage_unavailable', message: 'the database can not be written just now' };
  return new Unavailable(detail, 5, error);
}

/** The error and what caused it, the innermost last. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  for (let cause = error; cause instanceof Error && found.length < 8; cause = cause.cause) {
    found.push(cause);
    if (cause instanceof AggregateError) found.push(...cause.errors.filter((one) => one instanceof Error));
  }
  return found;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
