import { exactJson, parseExactJson } from '../http/exact_json.js';
import { unlessAborted } from '../kernel/unless_aborted.js';
import { EXIT, UsageError } from './exit_codes.js';

/** An answer's body or an entry of a list: an object of the API's. */
export type Fields = Readonly<Record<string, unknown>>;

/** A request to the service. */
export interface RequestOptions {
  /** Added to the path; undefined and null are left out, a list is repeated. */
  readonly query?: Readonly<Record<string, unknown>>;
  /** An object is sent as JSON. */
  readonly body?: Fields | FormData;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the service may take, in seconds. */
  readonly withinSeconds?: number;
}

/** What the service answered. */
export interface Answer {
  /** Its integers are exact: those too wide for a number are bigints. */
  readonly body: unknown;
  /** `X-Total-Count`, where the answer is a part of a list; null: not told. */
  readonly total: number | null;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Longer than the service waits for Telegram. */
const USUAL_SECONDS = 120;

/** The service answered with an error. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;
  /** Stable; `unknown` where something else than TeleGate answered. */
  readonly code: string;
  /** The field that is wrong; null: none, or not one alone. */
  readonly field: string | null;
  /** What goes with the code. */
  readonly facts: Fields;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: Fields, retryAfterSeconds: number | null) {
    super(inWords(status, body.detail));
    this.status = status;
    this.code = typeof body.code === 'string' ? body.code : 'unknown';
    this.field = typeof body.field === 'string' ? body.field : null;
    this.facts = isFields(body.detail) ? body.detail : {};
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get exitCode(): number {
    if (this.code === 'no_free_session') return EXIT.noFreeSession;
    if (this.status === 401 || this.status === 403) return EXIT.unauthorised;
    if (this.status === 404) return EXIT.notFound;
    return this.status === 429 || this.status >= 500 ? EXIT.unavailable : EXIT.refused;
  }
}

/** The service did not answer, or nothing of it arrived whole. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  /** Whether the request may have arrived. */
  readonly mayHaveArrived: boolean;
  /** Whether the service was still at it, for all that is known. */
  readonly isLate: boolean;

  constructor(url: string, cause: unknown) {
    const { code, text } = reasonOf(cause);
    super(`${url} does not answer: ${text}`, { cause });
    this.isLate = text === LATE;
    this.mayHaveArrived = !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(code);
  }
}

/** Whether the service may be back later. */
export function isAway(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ServiceError && error.status >= 500);
}

/** A running service, as one API key sees it. */
export class Service {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #key: string | null;

  /** @throws UsageError if `url` is no `http://` or `https://` URL. */
  constructor(url: string, key: string | null) {
    if (!/^https?:\/\/[^/@]+(\/[^?#]*)?$/.test(url) || !URL.canParse(url)) {
      throw new UsageError('TELEGATE_URL: expected a URL such as http://127.0.0.1:8000');
    }
    this.url = url.replace(/\/+$/, '');
    this.#key = key;
  }

  /** Asks for JSON. @throws ServiceError; Unreachable; the signal's reason. */
  async ask(method: Method, path: string, request: RequestOptions, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#fetch(method, path, request, signal);
    const total = answer.headers.get('X-Total-Count');
    return { body: parsed(answer.bytes), total: total === null ? null : Number(total) };
  }

  /** Asks for a file. @throws as `ask`. */
  async download(path: string, request: RequestOptions, signal: AbortSignal): Promise<Buffer> {
    return (await this.#fetch('GET', path, request, signal)).bytes;
  }

  async #fetch(method: Method, path: string, request: RequestOptions, signal: AbortSignal) {
    const { query = {}, body, headers = {}, withinSeconds = USUAL_SECONDS } = request;
    const isJson = body !== undefined && !(body instanceof FormData);
    const ending = AbortSignal.any([signal, AbortSignal.timeout(withinSeconds * 1000)]);
    const answer = fetch(`${this.url}${path}${queryText(query)}`, {
      method,
      headers: {
        ...(this.#key !== null && { 'X-API-Key': this.#key }),
        ...(isJson && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isJson ? exactJson(body) : body }),
      // The key goes to this address alone.
      redirect: 'manual',
      signal: ending,
    }).then(read);
    try {
      // Up to Node 22, an answer that is aborted at its last byte never ends, nor fails.
      return await unlessAborted(ending, answer);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ServiceError) throw error;
      throw new Unreachable(this.url, error);
    }
  }
}

/** @throws ServiceError for an answer that says no. */
async function read(response: Response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw refusalOf(response, bytes);
  return { bytes, headers: response.headers };
}

/** Whether it is an object of the API's. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object of the API's; anything else has no fields. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseExactJson(bytes.toString('utf8'));
  } catch {
    const detail = 'the answer is not JSON: is this the address of a TeleGate?';
    throw new ServiceError(502, { detail, code: 'unknown' }, null);
  }
}

function refusalOf(response: Response, bytes: Buffer): ServiceError {
  const { status, headers } = response;
  const location = headers.get('Location');
  if (status < 400) {
    const detail = `it redirects to ${location}: set TELEGATE_URL to the address that answers itself`;
    return new ServiceError(status, { detail, code: 'redirected' }, null);
  }
  const after = Number(headers.get('Retry-After') ?? Number.NaN);
  let body: Fields = {};
  try {
    body = fieldsOf(parseExactJson(bytes.toString('utf8')));
  } catch {}
  return new ServiceError(status, body, Number.isFinite(after) ? after : null);
}

function inWords(status: number, detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail)) return detail.map(issueInWords).join('\n');
  const { message, error } = fieldsOf(detail);
  if (typeof message === 'string') return message;
  return typeof error === 'string' ? error.replaceAll('_', ' ') : `the answer's status is ${status}`;
}

function issueInWords(issue: unknown): string {
  const { loc, msg } = fieldsOf(issue);
  const field = Array.isArray(loc) ? loc.slice(1).join('.') : '';
  return `${field}: ${msg}`;
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) given.append(name, String(one));
    }
  }
  return given.size === 0 ? '' : `?${given}`;
}

const LATE = 'it takes too long';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ...{ TimeoutError: LATE, UND_ERR_HEADERS_TIMEOUT: LATE, UND_ERR_BODY_TIMEOUT: LATE },
};

function reasonOf(error: unknown): { readonly code: string; readonly text: string } {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return { code: '', text: String(inner) };
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.name;
  return { code, text: REASONS[code] ?? inner.message };
}
