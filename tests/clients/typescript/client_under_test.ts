import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Runtime } from '../../../clients/typescript/src/runtime.js';
import { TeleGate, type TeleGateOptions } from '../../../clients/typescript/src/telegate.js';
import { type ManualTime, until } from '../../service/manual_time.js';
import { KEYS, type Service, type Who } from '../../service/service.js';

/** A request as the client sent it. */
export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What becomes of a request: `lost` on its way, answered but the answer is lost, or answered by something else. */
export type Fate = 'arrives' | 'lost' | 'unanswered' | 'silence' | Response;

/** The network between a client and a service, and the client's clock. */
export class ClientRuntime implements Runtime {
  readonly sent: Sent[] = [];
  /** Decides over every request. */
  fate: (request: Sent) => Fate = () => 'arrives';
  /** Milliseconds that the client's clock jumps ahead after each answer, as of a process that was stopped. */
  stoppedFor = 0;
  readonly #time: ManualTime;
  readonly #timers = new Set<{ readonly background: boolean }>();
  #ahead = 0;
  #underWay = 0;

  constructor(time: ManualTime) {
    this.#time = time;
  }

  /** Timers that could still fire. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Timers that keep the process alive. */
  get holding(): number {
    return [...this.#timers].filter(({ background }) => !background).length;
  }

  /** The process was stopped for so many milliseconds, and none of its timers has fired yet. */
  wakeAfter(milliseconds: number): void {
    this.#ahead += milliseconds;
  }

  monotonic(): number {
    return this.#time.monotonic() + this.#ahead;
  }

  after(milliseconds: number, action: () => void, background = false): () => void {
    const timer = { background };
    this.#timers.add(timer);
    const stop = this.#time.after(milliseconds, () => {
      this.#timers.delete(timer);
      action();
    });
    return () => {
      this.#timers.delete(timer);
      stop();
    };
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    const { pathname, search } = new URL(url);
    const request: Sent = {
      method: init.method ?? 'GET',
      path: `${pathname}${search}`,
      headers: init.headers as Record<string, string>,
      body: typeof init.body === 'string' ? init.body : null,
    };
    this.sent.push(request);
    const fate = this.fate(request);
    if (fate instanceof Response) return fate;
    if (fate === 'lost') throw new TypeError('fetch failed', { cause: new Error('connection refused') });
    if (fate === 'silence') return silence(init.signal);
    this.#underWay += 1;
    try {
      const response = await fetch(url, init);
      const { status, headers } = response;
      if (headers.get('content-type')?.startsWith('text/event-stream')) return response;
      const body = await response.arrayBuffer();
      if (fate === 'unanswered')
        throw new TypeError('fetch failed', { cause: new Error('other side closed') });
      this.#ahead += this.stoppedFor;
      return new Response(body, { status, headers });
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Resolves when every request is answered, and the client has made of it what it makes. */
  async idle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) {
      await until(() => this.#underWay === 0);
      await setImmediate();
    }
  }

  newKey(): string {
    return randomUUID();
  }

  /** The requests to this path. */
  to(path: string): Sent[] {
    return this.sent.filter((request) => request.path.split('?')[0] === path);
  }
}

function silence(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A client of the service, on the same time. */
export function clientOf(
  service: Service,
  { who = 'worker', ...options }: { readonly who?: Who } & Partial<TeleGateOptions> = {},
): { client: TeleGate; runtime: ClientRuntime } {
  const runtime = new ClientRuntime(service.time);
  const client = new TeleGate({ baseUrl: service.url, apiKey: KEYS[who], ...options }, runtime);
  return { client, runtime };
}

/** The error that it rejects with; undefined: it resolves. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}
