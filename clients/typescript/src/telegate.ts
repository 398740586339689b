import {
  KEYS,
  LOGINS,
  RUNS,
  SESSIONS,
  SOURCES,
  type Verb,
  type Verbs,
  verbOf,
  verbsOf,
} from './endpoints.js';
import type { Operation } from './errors.js';
import { type ServiceEvent, serviceEvents } from './events.js';
import { type Answer, type Arguments, type CallOptions, Http, type Input } from './http.js';
import { Pool } from './pool.js';
import { type Runtime, systemRuntime } from './runtime.js';

/** Where the service is, and how it is called. */
export interface TeleGateOptions {
  /** Such as `http://localhost:8000`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Seconds for one attempt of a call; 60 by default, since some ask Telegram. */
  readonly timeout?: number;
  /** Seconds during which a call that failed is repeated; 30 by default. */
  readonly retryFor?: number;
  /** Instead of the platform's own, for proxies and the like. */
  readonly fetch?: typeof fetch;
}

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_RETRY_SECONDS = 30;

/** A TeleGate service. */
export class TeleGate {
  readonly pool: Pool;
  readonly sessions: Verbs<typeof SESSIONS>;
  readonly logins: Verbs<typeof LOGINS>;
  readonly sources: Verbs<typeof SOURCES>;
  readonly runs: Verbs<typeof RUNS>;
  readonly keys: Verbs<typeof KEYS>;
  /** What admins did. */
  readonly audit: Verb<'GET /audit'>;
  /** The events of all sessions that happened before, newest first. */
  readonly history: Verb<'GET /events/history'>;
  readonly #http: Http;

  /** @throws TypeError for a base URL that is none. */
  constructor(options: TeleGateOptions);
  /** @internal */
  constructor(options: TeleGateOptions, runtime: Runtime);
  constructor(
    {
      baseUrl,
      apiKey,
      timeout = DEFAULT_TIMEOUT_SECONDS,
      retryFor = DEFAULT_RETRY_SECONDS,
      fetch: own,
    }: TeleGateOptions,
    runtime: Runtime = systemRuntime(own),
  ) {
    this.#http = new Http({
      runtime,
      baseUrl: new URL(baseUrl).href.replace(/\/+$/, ''),
      headers: { 'X-API-Key': apiKey, Accept: 'application/json' },
      timeoutMs: timeout * 1000,
      retryForMs: retryFor * 1000,
    });
    this.pool = new Pool(this.#http);
    this.sessions = verbsOf(this.#http, SESSIONS);
    this.logins = verbsOf(this.#http, LOGINS);
    this.sources = verbsOf(this.#http, SOURCES);
    this.runs = verbsOf(this.#http, RUNS);
    this.keys = verbsOf(this.#http, KEYS);
    this.audit = verbOf(this.#http, 'GET /audit');
    this.history = verbOf(this.#http, 'GET /events/history');
  }

  /** Calls any operation of the service's OpenAPI document. @throws TeleGateError; ConnectionFailed. */
  call<Op extends Operation>(operation: Op, ...args: Arguments<Op>): Promise<Answer<Op>> {
    const [input, options] = args as [input?: Input<Op>, options?: CallOptions];
    return this.#http.call(operation, input, options);
  }

  /** A session as a file of Telethon's. */
  async exportFile(id: number, options?: CallOptions): Promise<Uint8Array> {
    const file: unknown = await this.sessions.export(id, { format: 'file' }, options);
    return file as Uint8Array;
  }

  /** Whether the process is alive. */
  health(options?: CallOptions): Promise<Answer<'GET /health'>> {
    return this.#http.call('GET /health', {}, options);
  }

  /** Whether the service can do its work. @throws TeleGateError `not_ready`. */
  ready(options?: CallOptions): Promise<Answer<'GET /ready'>> {
    return this.#http.call('GET /ready', {}, options);
  }

  /** Metrics in the text format of Prometheus. */
  metrics(options?: CallOptions): Promise<string> {
    return this.#http.call('GET /metrics', {}, options);
  }

  /** The settings of the service, and what is not configured. */
  settings(options?: CallOptions): Promise<Answer<'GET /settings'>> {
    return this.#http.call('GET /settings', {}, options);
  }

  /** Events of the service as they happen; the stream ends when the service stops. */
  events(signal?: AbortSignal): AsyncGenerator<ServiceEvent> {
    return serviceEvents(this.#http, signal);
  }
}
