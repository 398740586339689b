import type { Operations } from './api_types.js';
import {
  ConnectionFailed,
  errorOf,
  NoFreeSession,
  type Operation,
  retryAfterMs,
  TeleGateError,
} from './errors.js';
import { parseJson, stringifyJson } from './json.js';
import { orAborted, pause, type Runtime } from './runtime.js';

/** The `path`, `query` or `body`; never: it has none. */
export type Part<Op extends Operation, Name extends string> = Name extends keyof Operations[Op]
  ? NonNullable<Operations[Op][Name]>
  : never;

/** What an operation takes: `path`, `query` and `body`, as far as it has them. */
export type Input<Op extends Operation> = Omit<Operations[Op], 'answer'>;
/** What an operation answers. */
export type Answer<Op extends Operation> = Operations[Op]['answer'];

/** The arguments of a call; the input can be omitted if nothing in it is required. */
export type Arguments<Op extends Operation> =
  Record<string, never> extends Input<Op>
    ? [input?: Input<Op>, options?: CallOptions]
    : [input: Input<Op>, options?: CallOptions];

/** How one call is made. */
export interface CallOptions {
  /** Ends the call, and its repeats. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds for one attempt; Node's own `fetch` ends it after 300. */
  readonly timeout?: number | undefined;
  /** Seconds during which a call that failed is repeated; 0: it is sent once. */
  readonly retryFor?: number | undefined;
}

/** A call, as it is sent. @internal */
export interface Request {
  readonly operation: Operation;
  readonly input?: object | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** @internal */
export interface HttpParts {
  readonly runtime: Runtime;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one attempt, and for repeats. */
  readonly timeoutMs: number;
  readonly retryForMs: number;
}

/** Operations besides GET and PUT that may be sent again if it is unknown whether the first attempt arrived. */
const REPEATABLE = /^POST \/(heartbeat|release|invalidate|floodwait|report|restore|sync)$/;

/** Telegram says this of a healthy session, too: told twice, the service takes the session for dead. */
const COUNTED_ERROR = 'AUTH_KEY_UNREGISTERED';

/** Operations that take longer than others, in milliseconds: Node's own `fetch` waits no longer for an answer. */
const LONG: { readonly [Op in Operation]?: number } = {
  'POST /sessions/bulk': 300_000,
  'POST /sync': 300_000,
};

/** Whether the answer is a stream, which the signal ends also later. */
const isStream = (operation: Operation) => operation === 'GET /events' || operation.endsWith('/content');

/** A 503 that is the answer, not an outage. */
const FINAL = 'not_ready';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** How long to wait before the next attempt after so many failed ones, in milliseconds. @internal */
export function backoff(failures: number): number {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  // Clients that a restart has cut off together must not come back together.
  return pauseMs * (0.75 + Math.random() / 2);
}

/** Sends operations to the service. @internal */
export class Http {
  readonly runtime: Runtime;
  readonly #parts: HttpParts;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    this.runtime = parts.runtime;
  }

  /**
   * The answer to an operation. Repeats it after a 503 and, if that does no harm, after an attempt without an answer.
   * @throws TeleGateError; ConnectionFailed; the signal's reason.
   */
  async call<Op extends Operation>(
    operation: Op,
    input?: Input<Op>,
    { signal, timeout, retryFor }: CallOptions = {},
  ): Promise<Answer<Op>> {
    const { runtime, timeoutMs, retryForMs } = this.#parts;
    const until = runtime.monotonic() + (retryFor === undefined ? retryForMs : retryFor * 1000);
    const idempotencyKey = operation.endsWith(' /session') ? runtime.newKey() : undefined;
    const request: Request = {
      ...{ operation, input: input as object | undefined, idempotencyKey, signal },
      timeoutMs: timeout === undefined ? Math.max(timeoutMs, LONG[operation] ?? 0) : timeout * 1000,
    };
    for (let failures = 0; ; failures += 1) {
      try {
        return (await this.attempt(request)) as Answer<Op>;
      } catch (error) {
        const pauseMs = pauseAfter(error, request, failures);
        if (pauseMs === null || runtime.monotonic() + pauseMs > until) throw error;
        await pause(runtime, pauseMs, signal);
      }
    }
  }

  /** Sends a request once. @throws TeleGateError; ConnectionFailed; the signal's reason. */
  async attempt(request: Request): Promise<unknown> {
    return this.#exchange(request, async (response) => {
      if (!response.ok) throw await refusalOf(request, response);
      if (isStream(request.operation)) return response.body ?? new Blob([]).stream();
      const content = await contentOf(response);
      const isText = typeof content === 'string' && content !== '';
      if (isText && request.operation !== 'GET /metrics') throw new Error('not JSON; is baseUrl right?');
      return withTotal(content, response);
    });
  }

  async #exchange<Result>(request: Request, read: (response: Response) => Promise<Result>): Promise<Result> {
    const { operation, signal, timeoutMs } = request;
    const { runtime, baseUrl, headers } = this.#parts;
    signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    const late = () => controller.abort(new Error(`none within ${timeoutMs / 1000} s`));
    const stopTimer = runtime.after(timeoutMs, late);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const { url, ...init } = fetchable(baseUrl, headers, request);
      const whole = isStream(operation) && signal ? AbortSignal.any([signal, controller.signal]) : null;
      const response = await runtime.fetch(url, { ...init, signal: whole ?? controller.signal });
      // Another answer that has begun is read to its end: it may hold a lease, which has to be released then.
      signal?.removeEventListener('abort', abort);
      const result = read(response);
      // Up to Node 22, an answer that is aborted at its last byte never ends, nor fails.
      return await (controller.signal.aborted ? result : orAborted(result, controller.signal));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof TeleGateError) throw error;
      throw new ConnectionFailed(operation, controller.signal.aborted ? controller.signal.reason : error);
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', abort);
    }
  }
}

/** A 503 of the service's own after which it may have been done: it lost its database during the commit. */
const OUTCOME_UNKNOWN = 'storage_unavailable';

/**
 * Whether it is unknown what became of the request: the service's own 503 promises that it was not done, a proxy's
 * promises nothing. @internal
 */
export function isUndecided(error: unknown): boolean {
  if (!(error instanceof TeleGateError)) return error instanceof ConnectionFailed;
  return error.code === OUTCOME_UNKNOWN || /^http_50[234]$/.test(error.code);
}

/** How long to wait before the request is sent again, in milliseconds; null: it must not be. */
function pauseAfter(error: unknown, { operation, input }: Request, failures: number): number | null {
  if (error instanceof NoFreeSession) return null;
  const isAway = error instanceof TeleGateError && error.status === 503 && error.code !== FINAL;
  const mayRepeat = isUndecided(error) ? isRepeatable(operation, input) : isAway;
  return mayRepeat ? Math.max(backoff(failures), retryAfterMs(error)) : null;
}

function isRepeatable(operation: Operation, input: object | undefined): boolean {
  if (operation === 'POST /report' && stringifyJson(input).includes(COUNTED_ERROR)) return false;
  return /^(GET|PUT) /.test(operation) || REPEATABLE.test(operation);
}

type Fields = Readonly<Record<string, unknown>>;

function fetchable(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  { operation, input = {}, idempotencyKey }: Request,
): RequestInit & { readonly url: string } {
  const { path = {}, query, body } = input as Partial<Record<'path' | 'query' | 'body', Fields>>;
  const at = operation.indexOf(' ');
  const route = operation
    .slice(at + 1)
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const form = body && formOf(body);
  return {
    url: `${baseUrl}${route}${query ? queryText(query) : ''}`,
    method: operation.slice(0, at),
    // The key is for the service alone.
    redirect: 'error',
    headers: {
      ...headers,
      ...(body && !form && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    },
    ...(body && { body: form ?? stringifyJson(body) }),
  };
}

/** The fields as a form if a file is among them. */
function formOf(body: Fields): FormData | null {
  const given = Object.entries(body).filter(([, value]) => value !== undefined && value !== null);
  if (!given.some(([, value]) => value instanceof Blob)) return null;
  const form = new FormData();
  for (const [name, value] of given) {
    if (value instanceof Blob)
      form.append(name, value, 'name' in value ? String(value.name) : 'file.session');
    else form.append(name, String(value));
  }
  return form;
}

function queryText(query: Fields): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) parameters.append(name, String(item));
    }
  }
  const text = `${parameters}`;
  return text && `?${text}`;
}

/** JSON as its value, text as a string, anything else as bytes. */
async function contentOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (/^application\/([\w.]+\+)?json\b/.test(type)) return parseJson(await response.text());
  if (type === '' || type.startsWith('text/')) return response.text();
  return new Uint8Array(await response.arrayBuffer());
}

async function refusalOf({ operation }: Request, response: Response): Promise<TeleGateError> {
  return errorOf(operation, response, await contentOf(response));
}

/** Lists that come in pages carry their whole length. */
function withTotal(content: unknown, { headers }: Response): unknown {
  const total = headers.get('x-total-count');
  return total !== null && Array.isArray(content)
    ? Object.assign(content, { total: Number(total) })
    : content;
}
