import { setTimeout as delay } from 'node:timers/promises';
import type { PrefectInstallation } from '../../tests/prefect/installation.js';
import type { PostgresServer } from '../postgres_server.js';
import { freePort } from '../server.js';
import { monotonicMs } from '../statistics.js';
import type { Running, Workplace } from '../workplace.js';

/** What the server asks of its clients. */
export const AUTH_STRING = 'admin:password-of-benchmarks';

const DATABASE = 'prefect';
const MAX_START_MS = 180_000;
const POLL_MS = 50;

/** `prefect server start` without its second process, which would survive the first. */
const PROGRAM = `
import sys, uvicorn
port = int(sys.argv[1])
uvicorn.run('prefect.server.api.server:create_app', factory=True, host='127.0.0.1', port=port, log_level='warning')
`;

/** A Prefect server for one benchmark, with its database on a PostgreSQL server; always at the same port. */
export class PrefectServer {
  readonly apiUrl: string;
  readonly #place: Workplace;
  readonly #python: string;
  readonly #port: number;
  readonly #databaseUrl: string;
  #running: Running | null = null;

  private constructor(place: Workplace, python: string, port: number, databaseUrl: string) {
    this.#place = place;
    this.#python = python;
    this.#port = port;
    this.#databaseUrl = databaseUrl;
    this.apiUrl = `http://127.0.0.1:${port}/api`;
  }

  /** A server with an empty database. It answers when this resolves. */
  static async start(
    place: Workplace,
    { python }: PrefectInstallation,
    postgres: PostgresServer,
  ): Promise<PrefectServer> {
    await postgres.sql(`CREATE DATABASE ${DATABASE}`);
    await place.makeDirectory('prefect');
    const databaseUrl = postgres.url(DATABASE).replace(/^postgres:/, 'postgresql+asyncpg:');
    const server = new PrefectServer(place, python, await freePort(), databaseUrl);
    await server.start();
    return server;
  }

  /** Starts it again; returns how long it took until it answered, in milliseconds. */
  async start(): Promise<number> {
    const started = monotonicMs();
    const running = this.#place.start({
      program: this.#python,
      args: ['-c', PROGRAM, String(this.#port)],
      env: this.#environment,
    });
    this.#running = running;
    const failed = running.ended.then(({ code, stderr }) => {
      throw new Error(`Prefect's server ended with ${code}: ${stderr.slice(-1000)}`);
    });
    failed.catch(() => undefined);
    await Promise.race([this.#answers(), failed]);
    return monotonicMs() - started;
  }

  /** Resolves when it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.kill(signal);
    await running?.ended;
  }

  get #environment(): Record<string, string> {
    return {
      PREFECT_HOME: `${this.#place.directory}/prefect`,
      PREFECT_SERVER_DATABASE_CONNECTION_URL: this.#databaseUrl,
      PREFECT_SERVER_API_AUTH_STRING: AUTH_STRING,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      PREFECT_SERVER_UI_ENABLED: 'false',
      PREFECT_SERVER_LOGGING_LEVEL: 'WARNING',
      DO_NOT_TRACK: '1',
    };
  }

  async #answers(): Promise<void> {
    for (const until = monotonicMs() + MAX_START_MS; ; await delay(POLL_MS)) {
      const isUp = await fetch(`${this.apiUrl}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return;
      if (monotonicMs() > until || this.#place.closed) throw new Error("Prefect's server does not answer");
    }
  }
}
