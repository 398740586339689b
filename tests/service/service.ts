import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import request, { type Test } from 'supertest';
import { loadConfig } from '../../src/config.js';
import { type Container, createContainer } from '../../src/container.js';
import { systemTime, type TimeSource } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import type { Threads } from '../../src/kernel/threads.js';
import { nodeTimers, type Timers } from '../../src/kernel/timers.js';
import type { PrefectPace } from '../../src/prefect/pace.js';
import type { GatewayLimits } from '../../src/telegram/gateway.js';
import type { TelegramNetwork } from '../../src/telegram/network.js';
import { prepareDataDir } from '../storage/databases.js';
import { ManualTime } from './manual_time.js';
import { reusedThreads } from './reused_threads.js';
import { type DatabaseKind, makeServiceDatabase, type ServiceDatabase } from './service_database.js';

/** The keys of every service under test, by user. */
export const KEYS = {
  admin: 'admin-key-of-tests',
  worker: 'worker-key-of-tests',
  rival: 'rival-worker-of-tests',
  monitor: 'monitor-key-of-tests',
} as const;
export type Who = keyof typeof KEYS;

export interface ServiceOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Files in SESSIONS_DIR by relative path; a list makes empty ones, which are leasable. */
  readonly files?: readonly string[] | Readonly<Record<string, string | Buffer>>;
  readonly timers?: Timers;
  /** Its clocks, if not those that the test advances. */
  readonly time?: TimeSource;
  /** By default, threads that are reused. */
  readonly threads?: Threads;
  /** Where it matters; otherwise as the environment says. */
  readonly database?: DatabaseKind;
  /** The database shared by several services, which outlives each of them; they use its time. */
  readonly shared?: ServiceDatabase;
  /** Where Telegram is. */
  readonly network?: TelegramNetwork;
  readonly telegramLimits?: Partial<GatewayLimits>;
  /** The flow of its deployments in Prefect. */
  readonly prefectFlow?: string;
  /** How often it looks at Prefect. */
  readonly prefectPace?: PrefectPace;
  /** How many deployments it asks Prefect for at a time. */
  readonly prefectPageSize?: number;
  /** Where it listens, if free; any port by default. */
  readonly port?: number;
  /** Sees each request before the service does. */
  readonly onRequest?: RequestListener;
}

/** A lease as answered: the fields that tests use. */
export interface Granted {
  readonly session_id: number;
  readonly session_name: string;
  readonly lease_id: string;
  readonly expires_at: string;
}

/** The whole service over temporary directories, listening, with its time controlled by the test. */
export class Service {
  readonly time = new ManualTime();
  readonly directory = mkdtempSync(join(tmpdir(), 'service-'));
  readonly sessionsDir = join(this.directory, 'sessions');
  readonly dataDir = join(this.directory, 'data');
  /** The log, one line of JSON per entry. */
  readonly log: string[] = [];
  readonly #options: ServiceOptions;
  #database: ServiceDatabase | null = null;
  #running: { readonly container: Container; readonly server: Server } | null = null;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  get container(): Container {
    if (!this.#running) throw new Error('the service does not run');
    return this.#running.container;
  }

  get server(): Server {
    if (!this.#running) throw new Error('the service does not run');
    return this.#running.server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    const { shared } = this.#options;
    this.#database ??= shared ?? (await this.#makeDatabase());
    const config = loadConfig({
      ...this.#database.settings,
      DATA_DIR: this.dataDir,
      SESSIONS_DIR: this.sessionsDir,
      API_KEYS: `${KEYS.admin},worker:${KEYS.worker},worker:${KEYS.rival},monitor:${KEYS.monitor}`,
      ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64'),
      SYNC_CRON: 'off',
      ...this.#options.settings,
    });
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        this.log.push(String(chunk).trim());
        done();
      },
    });
    const logger = createLogger({ level: 'debug', stream });
    const timers = this.#options.timers ?? (shared ? nodeTimers : this.time);
    const {
      network,
      telegramLimits,
      threads = reusedThreads,
      prefectFlow,
      prefectPace,
      prefectPageSize,
    } = this.#options;
    const container = await createContainer(config, {
      logger,
      time: this.#options.time ?? (shared ? systemTime : this.time),
      ownTime: shared === undefined,
      timers,
      threads,
      ...(network && { network }),
      ...(telegramLimits && { telegramLimits }),
      ...(prefectFlow && { prefectFlow }),
      ...(prefectPace && { prefectPace }),
      ...(prefectPageSize && { prefectPageSize }),
    });
    await container.start().catch(async (error: unknown) => {
      await container.dispose();
      throw error;
    });
    const { port = 0, onRequest } = this.#options;
    const server = createServer(container.app);
    if (onRequest) server.prependListener('request', onRequest);
    await listen(server, port).catch(() => listen(server, 0));
    this.#running = { container, server };
    await container.syncScheduler?.run('start');
  }

  async #makeDatabase(): Promise<ServiceDatabase> {
    const made = await makeServiceDatabase(this.#options.database);
    if (made.settings.DATABASE_URL === undefined) await prepareDataDir(this.dataDir);
    return made;
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    const { container, server } = this.#running;
    this.#running = null;
    container.quiesce();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await container.dispose();
  }

  /** Stops it and removes everything of it. */
  async remove(): Promise<void> {
    await this.stop();
    if (!this.#options.shared) await this.#database?.drop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The whole content of its database, as text. It must be stopped. */
  kept(): Promise<string> {
    return this.#database?.contents(this.dataDir) ?? Promise.resolve('');
  }

  /** Sends requests with the key of this user; null: without a key. */
  as(who: Who | null) {
    const send = (method: 'get' | 'post' | 'put' | 'delete' | 'head', path: string): Test => {
      const test = request(this.server)[method](path);
      return who === null ? test : test.set('X-API-Key', KEYS[who]);
    };
    return {
      get: (path: string) => send('get', path),
      post: (path: string) => send('post', path),
      put: (path: string) => send('put', path),
      delete: (path: string) => send('delete', path),
      head: (path: string) => send('head', path),
    };
  }

  /** Leases a session, which must succeed. */
  async lease(query = '', who: Who = 'worker'): Promise<Granted> {
    const answer = await this.as(who).get(`/session?${query}`).expect(200);
    return answer.body;
  }

  /** What `/status` says. */
  async status(): Promise<Readonly<Record<string, unknown>>> {
    return (await this.as('monitor').get('/status').expect(200)).body;
  }

  write(path: string, content: string | Buffer = ''): void {
    mkdirSync(dirname(join(this.sessionsDir, path)), { recursive: true });
    writeFileSync(join(this.sessionsDir, path), content);
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Runs the test with a service that is stopped and deleted afterwards. */
export function withService(
  test: (service: Service) => Promise<void>,
  options: ServiceOptions = {},
): () => Promise<void> {
  return async () => {
    const service = new Service(options);
    try {
      mkdirSync(service.sessionsDir, { recursive: true });
      const { files = [] } = options;
      const named: [string, string | Buffer][] = Array.isArray(files)
        ? files.map((path: string) => [path, ''])
        : Object.entries(files);
      for (const [path, content] of named) service.write(path, content);
      await service.start();
      await test(service);
    } finally {
      await service.remove();
    }
  };
}

/** This many empty session files. */
export function some(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `s${String(index + 1).padStart(3, '0')}.session`);
}
