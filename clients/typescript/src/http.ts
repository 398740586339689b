import type { Operations } from './api_types.js';
import { ConnectionFailed, errorOf, NoFreeSession, type Operation, TeleGateError } from './errors.js';
import { parseJson, stringifyJson } from './json.js';
import { pause, type Runtime } from './runtime.js';

type Part<Op extends Operation, Name extends string> =
  Operations[Op] extends Record<Name, infer Value> ? Value : never;
type Optional<Op extends Operation, Name extends 'path' | 'query' | 'body'> = [Part<Op, Name>] extends [never]
  ? unknown
  : Record<string, never> extends Part<Op, Name>
    ? { readonly [name in Name]?: Part<Op, Name> }
    : { readonly [name in Name]: Part<Op, Name> };

/** What an operation takes: `path`, `query` and `body`, as far as it has them. */
export type Input<Op extends Operation> = Optional<Op, 'path'> & Optional<Op, 'query'> & Optional<Op, 'body'>;
/** The query of an operation. */
export type Query<Op extends Operation> = Part<Op, 'query'>;
/** The body of an operation. */
export type Body<Op extends Operation> = Part<Op, 'body'>;
/** What an operation answers. */
export type Answer<Op extends Operation> = Operations[Op]['answer'];

/** The arguments of a call: an operation's input can be omitted if nothing in it is required. */
export type Arguments<Op extends Operation> =
  Record<string, never> extends Input<Op>
    ? [input?: Input<Op>, options?: CallOptions]
    : [input: Input<Op>, options?: CallOptions];

/** How one call is made. */
export interface CallOptions {
  /** Ends the call, and its repeats. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds for one attempt. */
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
const REPEATABLE: ReadonlySet<string> = new Set([
  ...['POST /session', 'POST /heartbeat', 'POST /release', 'POST /invalidate'],
  ...['POST /floodwait', 'POST /report', 'POST /restore', 'POST /sync'],
]);

/** Telegram says this of a healthy session, too: told twice, the service takes the session for dead. */
const COUNTED_ERROR = 'AUTH_KEY_UNREGISTERED';

/** Operations that take longer than others, in milliseconds. */
const LONG: { readonly [Op in Operation]?: number } = { 'POST /sessions/bulk': 300_000 };

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
    const stopTimer = runtime.after(timeoutMs, late, true);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const { url, ...init } = fetchable(baseUrl, headers, request);
      const whole = isStream(operation) && signal ? AbortSignal.any([signal, controller.signal]) : null;
      const response = await runtime.fetch(url, { ...init, signal: whole ?? controller.signal });
      // Another answer that has begun is read to its end: it may hold a lease, which has to be released then.
      signal?.removeEventListener('abort', abort);
      return await read(response);
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

/** How long to wait before the request is sent again, in milliseconds; null: it must not be. */
function pauseAfter(error: unknown, { operation, input }: Request, failures: number): number | null {
  if (error instanceof TeleGateError) {
    if (error instanceof NoFreeSession || error.code === FINAL) return null;
    // The service's own 503 promises that nothing was done; a proxy's promises nothing.
    const fromProxy = /^http_50[234]$/.test(error.code);
    if (fromProxy ? !isRepeatable(operation, input) : error.status !== 503) return null;
    return Math.max(backoff(failures), (error.retryAfter ?? 0) * 1000);
  }
  return error instanceof ConnectionFailed && isRepeatable(operation, input) ? backoff(failures) : null;
}

function isRepeatable(operation: Operation, input: object | undefined): boolean {
  if (operation === 'POST /report' && stringifyJson(input).includes(COUNTED_ERROR)) return false;
  return /^(GET|PUT) /.test(operation) || REPEATABLE.has(operation);
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
  const content = await contentOf(response);
  return typeof content === 'string'
    ? errorOf(operation, response, content, null)
    : errorOf(operation, response, '', content);
}

/** Lists that come in pages carry their whole length. */
function withTotal(content: unknown, { headers }: Response): unknown {
  const total = headers.get('x-total-count');
  return total !== null && Array.isArray(content)
    ? Object.assign(content, { total: Number(total) })
    : content;
}
