import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../service/free_port.js';
import { until } from '../service/manual_time.js';
import { onServer } from './server.js';
import { type ServerPrograms, serverPrograms } from './server_programs.js';

/** How a server stops: `fast` closes its connections cleanly, `immediate` and `killed` as a crash does. */
export type Stop = 'fast' | 'immediate' | 'killed';

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', killed: 'SIGKILL' } as const;

export interface OwnServerOptions {
  /** Settings of the server other than its defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** It uses TLS, with its own certificate for `localhost`. */
  readonly tls?: boolean;
}

/** A PostgreSQL server for one test: it can be stopped and restarted at the same address, with its data. */
export class OwnServer {
  readonly port: number;
  /** Self-signed; only with `tls`. */
  readonly certificate: string;
  readonly #programs: ServerPrograms;
  readonly #directory: string;
  readonly #arguments: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(programs: ServerPrograms, directory: string, port: number, options: OwnServerOptions) {
    this.#programs = programs;
    this.#directory = directory;
    this.port = port;
    this.certificate = join(directory, 'server.crt');
    const settings = {
      ...{ port: String(port), listen_addresses: 'localhost', unix_socket_directories: '', fsync: 'off' },
      ...(options.tls && { ssl: 'on', ssl_cert_file: this.certificate, ssl_key_file: keyIn(directory) }),
      ...options.settings,
    };
    const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#arguments = ['-D', join(directory, 'data'), ...set];
  }

  /** A new server with one database, `postgres`, open to its user `postgres`. It answers when this resolves. */
  static async make(options: OwnServerOptions = {}): Promise<OwnServer> {
    const programs = serverPrograms();
    if (!programs) throw new Error('no PostgreSQL server is installed, or none may be started');
    const directory = mkdtempSync(join(tmpdir(), 'postgres-'));
    const server = new OwnServer(programs, directory, await freePort(), options);
    try {
      server.#initialize(options.tls === true);
      await server.start();
      return server;
    } catch (error) {
      await server.destroy();
      throw error;
    }
  }

  /** The URL of a database of the server. */
  url(database = 'postgres', query = ''): string {
    return `postgres://postgres@localhost:${this.port}/${database}${query}`;
  }

  /** Restarts it at the same address; resolves when it answers. */
  async start(): Promise<void> {
    await until(() => {
      // It cannot start while processes of a killed server are still ending.
      this.#process ??= this.#spawn();
      return onServer('SELECT 1', this.url()).then(yes, no);
    });
  }

  /** Resolves when its processes have ended. */
  async stop(how: Stop = 'fast'): Promise<void> {
    const running = this.#process;
    if (!running) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill(SIGNALS[how]);
    await exited;
  }

  async restart(how: Stop = 'fast'): Promise<void> {
    await this.stop(how);
    await this.start();
  }

  /** Stops it and deletes its data. */
  async destroy(): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    const { bin, owner } = this.#programs;
    const started = spawn(join(bin, 'postgres'), this.#arguments, { ...owner, stdio: 'ignore', cwd: '/' });
    started.once('exit', () => {
      if (this.#process === started) this.#process = null;
    });
    return started;
  }

  #initialize(tls: boolean): void {
    const { bin, owner } = this.#programs;
    if (owner.uid !== undefined) chownSync(this.#directory, owner.uid, owner.gid ?? owner.uid);
    const asOwner = { ...owner, stdio: 'ignore', cwd: '/' } as const;
    const data = join(this.#directory, 'data');
    execFileSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
      asOwner,
    );
    if (!tls) return;
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-days', '2', '-keyout', keyIn(this.#directory), '-out', this.certificate];
    execFileSync('openssl', ['req', '-x509', ...key, ...name, ...out], asOwner);
  }
}

function keyIn(directory: string): string {
  return join(directory, 'server.key');
}

const yes = () => true;
const no = () => false;
