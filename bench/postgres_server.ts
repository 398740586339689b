import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresPrograms } from './postgres_programs.js';
import { freePort } from './server.js';
import { monotonicMs } from './statistics.js';
import type { Running, Workplace } from './workplace.js';

/** How a server is stopped: `fast` closes its connections cleanly, `immediate` makes it recover as after a crash. */
export type Stop = 'fast' | 'immediate';

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** All other settings are the server's defaults: commits are on disk. */
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '300' };

const MAX_START_MS = 60_000;
const POLL_MS = 10;

/** A PostgreSQL server for one benchmark, in the benchmark's directory. */
export class PostgresServer {
  readonly #place: Workplace;
  readonly #programs: PostgresPrograms;
  readonly #port: number;
  #running: Running | null = null;

  private constructor(place: Workplace, programs: PostgresPrograms, port: number) {
    this.#place = place;
    this.#programs = programs;
    this.#port = port;
  }

  /** Creates a server with one database, `postgres`, and starts it. It accepts connections when this resolves. */
  static async start(place: Workplace, programs: PostgresPrograms): Promise<PostgresServer> {
    const server = new PostgresServer(place, programs, await freePort());
    await server.#initialize();
    await server.#start();
    return server;
  }

  /** The URL of one of its databases. */
  url(database = 'postgres'): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/${database}`;
  }

  /** Runs one statement on its own connection and returns the rows. Rejects if the server does not answer. */
  async sql<Row extends pg.QueryResultRow>(text: string, database?: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url(database), connectionTimeoutMillis: 3000 });
    // If the server closes the connection, the statement fails as well.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** The command that runs one of PostgreSQL's programs. */
  command(program: 'initdb' | 'postgres' | 'pgbench', args: readonly string[]) {
    const { bin, owner } = this.#programs;
    return { program: join(bin, program), args, env: { LC_ALL: 'C' }, ...(owner && { owner }) };
  }

  /** Stops it and starts it again in the same directory. */
  async restart(how: Stop): Promise<void> {
    this.#running?.kill(SIGNALS[how]);
    await this.#running?.ended;
    await this.#start();
  }

  async #initialize(): Promise<void> {
    const directory = await this.#place.makeDirectory('postgres');
    const { owner } = this.#programs;
    if (owner) {
      // Its owner needs access to it.
      await chmod(this.#place.directory, 0o711);
      await chown(directory, owner.uid, owner.gid);
    }
    const options = ['-D', directory, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
    await this.#place.run(this.command('initdb', options));
  }

  async #start(): Promise<void> {
    const settings = { ...SETTINGS, port: String(this.#port) };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const data = join(this.#place.directory, 'postgres');
    const command = this.command('postgres', ['-D', data, ...args]);
    const running = this.#place.start({ ...command, endedBy: SIGNALS.immediate });
    this.#running = running;
    const failed = running.ended.then(({ code, stderr }) => {
      throw new Error(`PostgreSQL ended with ${code}: ${stderr.slice(-1000)}`);
    });
    failed.catch(() => undefined);
    await Promise.race([this.#answers(), failed]);
  }

  async #answers(): Promise<void> {
    for (const until = monotonicMs() + MAX_START_MS; ; await delay(POLL_MS)) {
      const up = await this.sql('SELECT 1').catch(() => null);
      if (up) return;
      if (monotonicMs() > until || this.#place.closed) throw new Error('PostgreSQL does not answer');
    }
  }
}
