import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY, Client } from './client.js';
import { nodeCommand, type Program } from './programs.js';
import { monotonicMs } from './statistics.js';
import type { Ended, Running, Workplace } from './workplace.js';

/** The options of a server. */
export interface ServerOptions {
  readonly program: Program;
  readonly args?: readonly string[];
  /** Settings that differ from those below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The route whose 200 means that it is up; `/ready` unless given. */
  readonly upWhen?: '/ready' | '/health';
}

const MAX_START_MS = 180_000;
const POLL_MS = 4;

/** A server in a separate process that can be stopped and restarted on the same data. */
export class Server {
  readonly port: number;
  readonly #place: Workplace;
  readonly #options: ServerOptions;
  #running: Running | null = null;
  #fell = false;

  private constructor(place: Workplace, options: ServerOptions, port: number) {
    this.#place = place;
    this.#options = options;
    this.port = port;
  }

  /** Starts a server and waits until it is up. */
  static async start(place: Workplace, options: ServerOptions): Promise<Server> {
    const server = new Server(place, options, await freePort());
    await server.start();
    return server;
  }

  /** Whether it has ended by itself since it was started. */
  get fell(): boolean {
    return this.#fell;
  }

  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  /** Starts it; returns how long it took until it was up, in milliseconds. */
  async start(): Promise<number> {
    const { program, args = [], settings = {}, upWhen = '/ready' } = this.#options;
    const env = {
      PORT: String(this.port),
      HOST: '127.0.0.1',
      API_KEYS: API_KEY,
      DATA_DIR: `${this.#place.directory}/data`,
      SESSIONS_DIR: `${this.#place.directory}/sessions`,
      SYNC_CRON: 'off',
      LOG_LEVEL: 'warn',
      ...settings,
    };
    const started = monotonicMs();
    const running = this.#place.start(nodeCommand(program, args, env));
    this.#running = running;
    this.#fell = false;
    const fall = () => {
      if (this.#running === running) this.#fell = true;
    };
    running.ended.then(fall, fall);
    const failed = running.ended.then(({ code, stderr }) => {
      throw new Error(`${program} ended with ${code} before it was up: ${stderr}`);
    });
    failed.catch(() => undefined);
    await Promise.race([this.#up(upWhen), failed]);
    return monotonicMs() - started;
  }

  /** Stops it, gracefully or as a power cut would, and waits until it is gone: how it ended; null: it did not run. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended | null> {
    const running = this.#running;
    this.#running = null;
    running?.kill(signal);
    return (await running?.ended) ?? null;
  }

  async #up(path: string): Promise<void> {
    const client = new Client(this.port);
    const until = monotonicMs() + MAX_START_MS;
    try {
      while (monotonicMs() < until) {
        const answer = await client.ask('GET', path).catch(() => null);
        if (answer?.status === 200 || this.#running === null) return;
        await delay(POLL_MS);
      }
    } finally {
      client.close();
    }
    throw new Error(`${this.#options.program} is not up`);
  }
}

/** An unused port. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
