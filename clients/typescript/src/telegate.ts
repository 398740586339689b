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

/** Where and how the service is called. */
export interface TeleGateOptions {
  /** Such as `http://localhost:8000`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Seconds for one attempt of a call; 60 by default, since some ask Telegram. Long ones get 300. */
  readonly timeout?: number;
  /** Seconds during which a call that failed is repeated; 30 by default. */
  readonly retryFor?: number;
  /** Instead of the platform's own, such as for a proxy. */
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
  /** Past events of all sessions, newest first. */
  readonly history: Verb<'GET /events/history'>;
  /** The settings of the service, and what is not configured. */
  readonly settings: Verb<'GET /settings'>;
  /** Whether the process is alive. */
  readonly health: Verb<'GET /health'>;
  /** Whether the service can do its work. @throws TeleGateError `not_ready`. */
  readonly ready: Verb<'GET /ready'>;
  /** Metrics in the text format of Prometheus. */
  readonly metrics: Verb<'GET /metrics'>;
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
    const http = new Http({
      runtime,
      baseUrl: new URL(baseUrl).href.replace(/\/+$/, ''),
      headers: { 'X-API-Key': apiKey, Accept: 'application/json' },
      timeoutMs: timeout * 1000,
      retryForMs: retryFor * 1000,
    });
    this.#http = http;
    this.pool = new Pool(http);
    this.sessions = verbsOf(http, SESSIONS);
    this.logins = verbsOf(http, LOGINS);
    this.sources = verbsOf(http, SOURCES);
    this.runs = verbsOf(http, RUNS);
    this.keys = verbsOf(http, KEYS);
    this.audit = verbOf(http, 'GET /audit');
    this.history = verbOf(http, 'GET /events/history');
    this.settings = verbOf(http, 'GET /settings');
    this.health = verbOf(http, 'GET /health');
    this.ready = verbOf(http, 'GET /ready');
    this.metrics = verbOf(http, 'GET /metrics');
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

  /** Events of the service as they happen; they end when the service stops. @throws ConnectionFailed; TeleGateError. */
  events(signal?: AbortSignal): AsyncGenerator<ServiceEvent> {
    return serviceEvents(this.#http, signal);
  }
}
