import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { freePort } from '../service/free_port.js';
import { PREFECT_VERSION } from './installation.js';
import {
  installedPrefect,
  type Program,
  prefectEnvironment,
  START_WITHIN_MS,
  startProgram,
} from './programs.js';

/** What every server of the tests asks for, as `PREFECT_API_AUTH_STRING`. */
export const AUTH_STRING = 'admin:password-of-tests';

/** Where a Prefect server is. */
export interface PrefectServerAddress {
  /** Of the interface; the API is at `/api`. */
  readonly url: string;
  readonly apiUrl: string;
  readonly authString: string;
}

export interface PrefectServerOptions {
  /** Keeps its data here, and leaves it there. */
  readonly directory?: string;
  /** It runs on until the test run ends, whoever started it. */
  readonly keep?: boolean;
}

/** A Prefect server that can be stopped and restarted at the same address, with its data. */
export class PrefectServer {
  readonly address: PrefectServerAddress;
  readonly #directory: string;
  readonly #options: PrefectServerOptions;
  #program: Program | null = null;

  private constructor(directory: string, port: number, options: PrefectServerOptions) {
    const url = `http://127.0.0.1:${port}`;
    this.address = { url, apiUrl: `${url}/api`, authString: AUTH_STRING };
    this.#directory = directory;
    this.#options = options;
  }

  /** A new server, which answers when this resolves: after some 8 seconds if it is the first of the test run. */
  static async make(options: PrefectServerOptions = {}): Promise<PrefectServer> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'prefect-'));
    const server = new PrefectServer(directory, await freePort(), options);
    try {
      await server.#fill();
      return server;
    } catch (error) {
      await server.destroy();
      throw error;
    }
  }

  /** Starts it again at the same address; resolves when it answers. */
  start(): Promise<void> {
    return this.#start({ PREFECT_SERVER_DATABASE_MIGRATE_ON_START: 'false' });
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.#program === null) return;
    const { pid, ended } = this.#program;
    this.#program = null;
    process.kill(pid, 'SIGKILL');
    await ended;
  }

  /** Stops it and deletes its data. */
  async destroy(): Promise<void> {
    await this.stop();
    if (this.#options.directory === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  /**
   * The name makes Prefect use one connection, as for a database in memory: with several, it answers many of the calls
   * that write at the same time with 503, "database is locked".
   */
  get #database(): string {
    return join(this.#directory, 'prefect:memory:.db');
  }

  get #log(): string {
    return join(this.#directory, 'server.log');
  }

  /** Starts it for the first time. To make a database takes seconds: later servers begin with a copy of an empty one. */
  async #fill(): Promise<void> {
    const template = join(dirname(installedPrefect().python), '..', `telegate-tests-${PREFECT_VERSION}.db`);
    if (existsSync(template)) {
      copyFileSync(template, this.#database);
      return this.start();
    }
    await this.#start({});
    await saveTemplate(this.#database, template);
  }

  async #start(settings: Readonly<Record<string, string>>): Promise<void> {
    const program = await startProgram({
      code: SERVER,
      args: [new URL(this.address.url).port],
      ...{ cwd: this.#directory, stdout: this.#log, stderr: this.#log, keep: this.#options.keep ?? false },
      env: {
        ...prefectEnvironment(this.#directory),
        ...SETTINGS,
        PREFECT_SERVER_DATABASE_CONNECTION_URL: `sqlite+aiosqlite:///${this.#database}`,
        ...settings,
      },
    });
    this.#program = program;
    let exit: number | null = null;
    if (!this.#options.keep) void program.ended.then((code) => (exit = code)).catch(() => (exit = -1));
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await answers(this.address))) {
      const log = () => readFileSync(this.#log, 'utf8').slice(-2000);
      if (exit !== null) throw new Error(`the Prefect server ended with ${exit}: ${log()}`);
      if (Date.now() > deadline) throw new Error(`the Prefect server does not answer: ${log()}`);
      await setTimeout(50);
    }
  }
}

const services = (names: readonly string[], isEnabled: boolean) =>
  Object.fromEntries(
    names.map((name) => [`PREFECT_SERVER_SERVICES_${name}_ENABLED`, String(isEnabled)] as const),
  );

/** Of its services, those run that schedule runs and mark late ones. */
const SETTINGS = {
  ...services(['CANCELLATION_CLEANUP', 'CLEANUP_RECONCILER', 'EVENT_PERSISTER', 'FOREMAN'], false),
  ...services(['PAUSE_EXPIRATIONS', 'REPOSSESSOR', 'TASK_RUN_RECORDER', 'TRIGGERS'], false),
  PREFECT_SERVER_REGISTER_BLOCKS_ON_START: 'false',
  PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION: 'false',
  PREFECT_SERVER_API_AUTH_STRING: AUTH_STRING,
  PREFECT_SERVER_UI_ENABLED: 'false',
  PREFECT_SERVER_LOGGING_LEVEL: 'WARNING',
};

/** What `prefect server start` runs, in one process. */
const SERVER = `
import sys, uvicorn
port = int(sys.argv[1])
uvicorn.run('prefect.server.api.server:create_app', factory=True, host='127.0.0.1', port=port, log_level='warning')
`;

async function answers({ apiUrl }: PrefectServerAddress): Promise<boolean> {
  return fetch(`${apiUrl}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function saveTemplate(database: string, template: string): Promise<void> {
  const copy = `${template}.${process.pid}`;
  const source = new Database(database, { readonly: true });
  try {
    await source.backup(copy);
    renameSync(copy, template);
  } catch {
    rmSync(copy, { force: true });
  } finally {
    source.close();
  }
}
