import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { freePort } from '../storage/own_server.js';
import { findPrefect, PREFECT_VERSION, type PrefectInstallation } from './installation.js';

/** What every server of the tests asks for, as `PREFECT_API_AUTH_STRING`. */
export const AUTH_STRING = 'admin:password-of-tests';

/** Where a Prefect server is. */
export interface PrefectServerAddress {
  /** Of the interface, if it is on; the API is at `/api`. */
  readonly url: string;
  readonly apiUrl: string;
  readonly authString: string;
}

export interface PrefectServerOptions {
  /** 0, as usual: any free port. */
  readonly port?: number;
  /** With its user interface. */
  readonly ui?: boolean;
  /** Other settings of the server, as variables. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Keeps its data here, and leaves it there. */
  readonly directory?: string;
  /** The process with which it ends; usually this one. */
  readonly endsWith?: number;
}

/** A Prefect server for one suite: it can be stopped and restarted at the same address, with its data. */
export class PrefectServer {
  readonly address: PrefectServerAddress;
  readonly #directory: string;
  readonly #options: PrefectServerOptions;
  #process: ChildProcess | null = null;

  private constructor(directory: string, port: number, options: PrefectServerOptions) {
    const url = `http://127.0.0.1:${port}`;
    this.address = { url, apiUrl: `${url}/api`, authString: AUTH_STRING };
    this.#directory = directory;
    this.#options = options;
  }

  /** A new server, which answers when this resolves: after 4 to 13 seconds, or more on a busy machine. */
  static async make(options: PrefectServerOptions = {}): Promise<PrefectServer> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'prefect-'));
    const server = new PrefectServer(directory, options.port || (await freePort()), options);
    try {
      const template = join(dirname(installedPrefect().python), '..', `telegate-tests-${PREFECT_VERSION}.db`);
      const isKnown = existsSync(template);
      if (isKnown) copyFileSync(template, server.#database);
      await server.start();
      if (!isKnown) await saveTemplate(server.#database, template);
      return server;
    } catch (error) {
      await server.destroy();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it again at the same address; resolves when it answers. */
  async start(): Promise<void> {
    this.#process ??= this.#spawn();
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await answers(this.address))) {
      const log = () => readFileSync(join(this.#directory, 'server.log'), 'utf8').slice(-2000);
      if (this.#process === null) throw new Error(`the Prefect server ended: ${log()}`);
      if (Date.now() > deadline) throw new Error(`the Prefect server does not answer: ${log()}`);
      await setTimeout(100);
    }
  }

  /** Resolves when it has ended. */
  async stop(how: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const running = this.#process;
    if (!running) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill(how);
    await exited;
  }

  async restart(how: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.stop(how);
    await this.start();
  }

  /** Stops it and deletes its data. */
  async destroy(): Promise<void> {
    await this.stop();
    if (this.#options.directory === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  get #database(): string {
    return join(this.#directory, 'prefect.db');
  }

  #spawn(): ChildProcess {
    const { ui = false, settings, endsWith = process.pid } = this.#options;
    const log = openSync(join(this.#directory, 'server.log'), 'a');
    const started = spawn(
      installedPrefect().python,
      ['-c', SERVER, new URL(this.address.url).port, String(endsWith)],
      {
        cwd: this.#directory,
        detached: endsWith !== process.pid,
        stdio: ['ignore', log, log],
        env: {
          ...prefectEnvironment(this.#directory),
          PREFECT_SERVER_DATABASE_CONNECTION_URL: `sqlite+aiosqlite:///${this.#database}`,
          PREFECT_SERVER_API_AUTH_STRING: AUTH_STRING,
          PREFECT_SERVER_UI_ENABLED: String(ui),
          PREFECT_UI_API_URL: this.address.apiUrl,
          PREFECT_SERVER_LOGGING_LEVEL: 'WARNING',
          ...settings,
        },
      },
    );
    closeSync(log);
    if (endsWith !== process.pid) started.unref();
    started.once('exit', () => {
      if (this.#process === started) this.#process = null;
    });
    return started;
  }
}

/** How long a start may take on a busy machine. */
export const START_WITHIN_MS = 150_000;

/** What `prefect server start` runs, in one process that ends with the one that it is for, however that ends. */
const SERVER = `
import os, sys, threading, time, uvicorn
port, watched = int(sys.argv[1]), int(sys.argv[2])

def watch():
    while True:
        time.sleep(1)
        try:
            os.kill(watched, 0)
        except OSError:
            os._exit(1)

threading.Thread(target=watch, daemon=True).start()
uvicorn.run('prefect.server.api.server:create_app', factory=True, host='127.0.0.1', port=port, log_level='warning')
`;

/** The environment of Prefect's programs: nothing of the user's own Prefect, and no call home. */
export function prefectEnvironment(home: string): Record<string, string> {
  // biome-ignore lint/style/noProcessEnv: programs need some of it.
  const own = Object.entries(process.env).filter(([name]) => !/^PREFECT_/.test(name));
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    PREFECT_HOME: home,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
    COLUMNS: '250',
  };
}

/** @throws if it is not installed. */
export function installedPrefect(): PrefectInstallation {
  const prefect = findPrefect();
  if (!prefect) throw new Error(`Prefect ${PREFECT_VERSION} is not installed`);
  return prefect;
}

async function answers({ apiUrl }: PrefectServerAddress): Promise<boolean> {
  return fetch(`${apiUrl}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Half of a first start is to make the database: later servers begin with a copy of an empty one. */
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
