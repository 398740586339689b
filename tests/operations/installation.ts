import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, startCommand } from '../cli/command.js';
import { Program } from '../main/program.js';
import { dropDatabase, makeDatabase } from '../storage/databases_postgres.js';
import { urlOf } from '../storage/server.js';

/** The admin key of the services of these tests. */
export const KEY = 'admin-key-of-tests';

/** One installation on a machine: its directories, its settings, its service and commands. */
export class Installation {
  readonly directory: string;
  readonly settings: Record<string, string>;
  readonly #programs: Program[] = [];

  constructor(directory: string, settings: Readonly<Record<string, string>> = {}) {
    mkdirSync(directory, { recursive: true });
    this.directory = directory;
    this.settings = {
      ...{ DATA_DIR: join(directory, 'data'), SESSIONS_DIR: join(directory, 'sessions'), API_KEYS: KEY },
      ...settings,
    };
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Adds session files, each with its name as content. */
  addSessions(...names: string[]): void {
    for (const name of names) {
      mkdirSync(join(this.path('sessions', name), '..'), { recursive: true });
      writeFileSync(this.path('sessions', `${name}.session`), name);
    }
  }

  /** Starts the service; resolves to its address. */
  async start(): Promise<{ readonly program: Program; readonly url: string }> {
    const program = new Program(this.directory, this.settings);
    this.#programs.push(program);
    const { url } = await program.ready();
    if (url === '') throw new Error(program.stderr);
    return { program, url };
  }

  /** Runs a command to its end. */
  command(...args: string[]): Promise<Ended> {
    return this.begin(...args).ended;
  }

  begin(...args: string[]): ReturnType<typeof startCommand> {
    return startCommand(args, this.settings, this.directory);
  }

  /** Runs a command that must succeed; its output as JSON. */
  async json<Result = Record<string, unknown>>(...args: string[]): Promise<Result> {
    const { exit, stdout, stderr } = await this.command(...args, '--json');
    if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as Result;
  }

  /** Runs a command that must be refused; its message. */
  async refusal(...args: string[]): Promise<string> {
    const { exit, stdout, stderr } = await this.command(...args);
    if (exit !== 1 || stdout !== '' || /^\s+at /m.test(stderr))
      throw new Error(`${args.join(' ')} ended with ${exit}: ${stdout}${stderr}`);
    return stderr;
  }

  async stop(): Promise<void> {
    for (const program of this.#programs) {
      if (program.exit === undefined) program.kill('SIGKILL');
      await program.ended();
    }
  }
}

/** What a test with installations is given. */
export interface Installations {
  readonly directory: string;
  /** A new one; without `DATABASE_URL` it has a SQLite file. */
  make(settings?: Readonly<Record<string, string>>): Installation;
  /** The URL of a new, empty database of the server. */
  server(): Promise<string>;
}

/** Runs the test with installations that are stopped and deleted afterwards. */
export function withInstallations(test: (given: Installations) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'installation-'));
    const made: Installation[] = [];
    const databases: string[] = [];
    try {
      await test({
        directory,
        make(settings) {
          const installation = new Installation(join(directory, `machine-${made.length + 1}`), settings);
          made.push(installation);
          return installation;
        },
        async server() {
          const name = await makeDatabase(false);
          databases.push(name);
          return urlOf(name);
        },
      });
    } finally {
      for (const installation of made) await installation.stop();
      for (const name of databases) await dropDatabase(name);
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

/** Calls the API of a service. */
export async function call(
  url: string,
  method: string,
  path: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const answer = await fetch(`${url}${path}`, { method, headers: { 'X-API-Key': KEY } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
