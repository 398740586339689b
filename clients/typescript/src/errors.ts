import type { Operations } from './api_types.js';

/** An operation of the service, such as `GET /status`. */
export type Operation = keyof Operations;

/** The service refused a request. Branch on `code`, never on the message. */
export class TeleGateError extends Error {
  override readonly name: string = 'TeleGateError';
  /** The HTTP status. */
  readonly status: number;
  /** Stable, such as `session_not_found`; `http_502` if a proxy answered. */
  readonly code: string;
  /** What the service says: text, facts, or a list of wrong fields. */
  readonly detail: unknown;
  /** The wrong field of the request, if it is one. */
  readonly field: string | null;
  /** Seconds after which the request may succeed; null: unknown. */
  readonly retryAfter: number | null;
  /** Identifies the request in the service's log. */
  readonly requestId: string | null;

  /** @internal */
  constructor(operation: string, { status, headers }: Pick<Response, 'status' | 'headers'>, body: unknown) {
    const { detail = null, code, field } = (isObject(body) ? body : {}) as Record<string, unknown>;
    const known = isObject(detail) && typeof detail.error === 'string' ? detail.error : null;
    const exact = typeof code === 'string' ? code : (known ?? `http_${status}`);
    super(`${operation}: ${status} ${wordsOf(detail) ?? exact}`);
    this.status = status;
    this.code = exact;
    this.detail = detail;
    this.field = typeof field === 'string' ? field : null;
    this.retryAfter = secondsOf(headers.get('retry-after'));
    this.requestId = headers.get('x-request-id');
  }
}

/** No session is free for what was asked. */
export class NoFreeSession extends TeleGateError {
  override readonly name = 'NoFreeSession';

  /** Seconds until the first flood wait ends; null: unknown. */
  get nextReleaseIn(): number | null {
    const next = isObject(this.detail) ? this.detail.next_release_in : null;
    return typeof next === 'number' ? next : null;
  }
}

/** The service could not be reached, or did not answer in time: what became of the request is unknown. */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';

  /** @internal */
  constructor(operation: string, cause: unknown) {
    super(`${operation}: no answer from the service: ${cause instanceof Error ? reasonOf(cause) : cause}`, {
      cause,
    });
  }
}

/** The lease is over, so the session may be somebody else's: stop using it at once. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  readonly sessionId: number;

  /** @internal */
  constructor(sessionId: number, why: string, cause?: unknown) {
    super(`the lease of session ${sessionId} is lost: ${why}`, { cause });
    this.sessionId = sessionId;
  }
}

/** No session for the request is free, or may be leased for its channels. */
const NONE_FREE = /^(no_free_session|no_sessions_directory|resolve_budget)$/;

/** The error that an answer stands for: JSON or, of somebody else, text. @internal */
export function errorOf(operation: string, response: Response, content: unknown): TeleGateError {
  const body = typeof content === 'string' ? { detail: content.slice(0, 200) } : content;
  const error = new TeleGateError(operation, response, body);
  const none = NONE_FREE.test(error.code ?? '');
  return none ? new NoFreeSession(operation, response, body) : error;
}

/** Whether the error says that a lease is not, or no longer, the caller's. @internal */
export function saysLeaseLost(error: unknown): error is TeleGateError {
  return (
    error instanceof TeleGateError &&
    ['lease_lost', 'not_lease_holder', 'session_not_found'].includes(error.code)
  );
}

/** How long the service asks to wait before the next attempt, in milliseconds; 0: it does not. @internal */
export function retryAfterMs(error: unknown): number {
  return error instanceof TeleGateError ? (error.retryAfter ?? 0) * 1000 : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wordsOf(detail: unknown): string | null {
  if (typeof detail === 'string') return detail || null;
  if (Array.isArray(detail)) {
    return detail.map(({ loc, msg }) => `${Array.isArray(loc) ? loc.at(-1) : ''}: ${msg}`).join('; ');
  }
  if (!isObject(detail)) return null;
  return String(detail.message ?? detail.error ?? '') || null;
}

/** `fetch failed` says little: its cause does. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function secondsOf(header: string | null): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
