import { redactText } from '../kernel/redact.js';
import { exponentialDelays, RetryBudget, withJitter, withRetry } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import { unlessAborted } from '../kernel/unless_aborted.js';
import {
  PrefectConflict,
  PrefectError,
  PrefectNotFound,
  PrefectUnauthorized,
  PrefectUnreachable,
} from './errors.js';

/** Where Prefect's API is, and what it asks for; at most one of the two secrets. */
export interface PrefectAddress {
  /** Without a slash at its end. */
  readonly apiUrl: string;
  /** Sent as a bearer token. */
  readonly apiKey: string | null;
  /** `USER:PASSWORD`. */
  readonly authString: string | null;
}

export interface PrefectHttpParts {
  readonly address: PrefectAddress;
  readonly timers: Timers;
  /** A number from 0 to 1, for jitter. */
  readonly random: () => number;
  /** Called with the time that an answer says it is, as HTTP writes it. */
  readonly onDate?: (date: string) => void;
}

export interface CallOptions {
  /** Ends the call, which then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** How long each attempt may take, in milliseconds. */
  readonly deadlineMs?: number;
  /** How often a call is repeated that Prefect did not answer, or was too busy for. */
  readonly retries?: number;
  /** Called each time that a call is repeated. */
  readonly onRetry?: () => void;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const DEADLINE_MS = 15_000;
/** A server on SQLite answers 503 to most calls that write while another does. */
const RETRIES = 7;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 5_000;
/** A longer Retry-After is not waited for: the call fails, and is repeated by whoever made it. */
const MAX_RETRY_AFTER_SECONDS = 30;
/** 200 deployments with their schemas are half a megabyte. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

/** Answers that a later call may not get: timeout, too many requests, a server that starts, stops or is locked. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Calls Prefect's REST API: credentials, deadlines, retries, and statuses as typed errors. */
export class PrefectHttp {
  readonly #parts: PrefectHttpParts;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(parts: PrefectHttpParts) {
    this.#parts = parts;
    // Not `prefect/…`: of such a client the server expects that it renews the leases of concurrency slots.
    this.#headers = { accept: 'application/json', 'user-agent': 'telegate', ...authorization(parts.address) };
  }

  /** The API's address, for messages. */
  get apiUrl(): string {
    return this.#parts.address.apiUrl;
  }

  /**
   * What Prefect answers; undefined: nothing. `path` begins with a slash, and ends in one where Prefect wants it.
   * A call that is repeated may have had its effect before: it must be safe to have it twice.
   *
   * @throws PrefectUnreachable, PrefectNotFound, PrefectConflict, PrefectUnauthorized, PrefectError; the signal's reason.
   */
  async call(method: Method, path: string, body?: unknown, options: CallOptions = {}): Promise<unknown> {
    const { timers, random } = this.#parts;
    const { signal, retries = RETRIES, onRetry } = options;
    const budget = new RetryBudget(exponentialDelays(retries, FIRST_DELAY_MS, MAX_DELAY_MS));
    const delayAfter = (error: unknown) => {
      if (!(error instanceof PrefectUnreachable)) return null;
      const delay = budget.delayAfterFailure();
      if (delay === null || error.retryAfterSeconds > MAX_RETRY_AFTER_SECONDS) return null;
      onRetry?.();
      return Math.max(withJitter(delay, random), error.retryAfterSeconds * 1000);
    };
    const attempt = () => this.#attempt(method, path, body, options);
    return withRetry(attempt, { delayAfter, timers, ...(signal && { signal }) });
  }

  async #attempt(method: Method, path: string, body: unknown, options: CallOptions): Promise<unknown> {
    const { signal, deadlineMs = DEADLINE_MS } = options;
    signal?.throwIfAborted();
    const abort = new AbortController();
    const end = () => abort.abort(signal?.reason);
    const late = () => abort.abort(new Error(`no answer within ${deadlineMs / 1000} s`));
    signal?.addEventListener('abort', end, { once: true });
    const stopTimer = this.#parts.timers.after(deadlineMs, late);
    try {
      const answer = this.#exchange(method, path, body, abort.signal);
      // Up to Node 22, an answer that is aborted at its last byte never ends, nor fails.
      return await unlessAborted(abort.signal, answer);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof PrefectUnreachable || error instanceof PrefectError) throw error;
      throw new PrefectUnreachable(`Prefect does not answer at ${this.apiUrl}: ${reasonOf(error)}`, 0, error);
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', end);
    }
  }

  async #exchange(method: Method, path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const response = await fetch(this.apiUrl + path, {
      method,
      redirect: 'manual',
      signal,
      headers: { ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const date = response.headers.get('date');
    if (date !== null) this.#parts.onDate?.(date);
    return this.#read(method, path, response, await readText(response));
  }

  #read(method: Method, path: string, { status, headers, ok }: Response, text: string | null): unknown {
    const call = `${method} ${path.replace(/\?.*/, '')}`;
    if (text === null) {
      throw new PrefectError(status, `Prefect answered ${call} with more than ${MAX_ANSWER_BYTES} bytes`);
    }
    const answer = parse(text);
    if (ok && answer !== NOT_JSON) return answer;
    const said = ok ? 'something other than JSON' : `${status}${detailOf(answer)}`;
    const message = `Prefect answered ${call} with ${said}`;
    if (PASSING.has(status)) throw new PrefectUnreachable(message, retryAfter(headers));
    if (status === 401 || status === 403) throw new PrefectUnauthorized(status, message);
    if (status === 404) throw new PrefectNotFound(message);
    if (status === 409) throw new PrefectConflict(message);
    throw new PrefectError(status, message);
  }
}

function authorization({ apiKey, authString }: PrefectAddress): Record<string, string> {
  if (apiKey !== null) return { authorization: `Bearer ${apiKey}` };
  if (authString !== null) return { authorization: `Basic ${Buffer.from(authString).toString('base64')}` };
  return {};
}

/** The body of an answer; null: it is too large. */
async function readText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const NOT_JSON = Symbol('not JSON');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

const MAX_DETAIL_LENGTH = 300;

/** What an error answer says, without the request that it repeats. */
function detailOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return '';
  const { detail, exception_detail: issues } = answer as { detail?: unknown; exception_detail?: unknown };
  const said =
    typeof detail === 'string' ? detail : Array.isArray(issues) ? issues.map(inWords).join('; ') : '';
  const text = redactText(said.replace(/\s+/g, ' '));
  if (text === '') return '';
  return `: ${text.length > MAX_DETAIL_LENGTH ? `${text.slice(0, MAX_DETAIL_LENGTH)}…` : text}`;
}

/** One issue of a body that Prefect refuses. */
function inWords(issue: unknown): string {
  const { loc, msg } = (issue ?? {}) as { loc?: unknown; msg?: unknown };
  return `${Array.isArray(loc) ? loc.join('.') : 'body'}: ${String(msg)}`;
}

function retryAfter(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  return redactText(inner.message || code);
}
