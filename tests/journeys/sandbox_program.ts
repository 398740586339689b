import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../service/manual_time.js';
import { type DatabaseKind, makeServiceDatabase } from '../service/service_database.js';

const PROGRAM = fileURLToPath(new URL('../../sandbox/run.js', import.meta.url));

/** The line of JSON, as far as these tests use it. */
export interface Printed {
  readonly base_url: string;
  readonly admin_key: string;
  readonly worker_key: string;
  readonly accounts: readonly { readonly phone: string; readonly in_pool: boolean; readonly code: string }[];
  readonly control_url: string;
  readonly data_centres: readonly { readonly dc: number; readonly address: string; readonly port: number }[];
  readonly sessions_dir: string;
}

/** What `npm run sandbox` runs, as a user starts it. */
export class SandboxProgram {
  stdout = '';
  stderr = '';
  /** The exit code, or the signal that ended it; undefined: it runs. */
  exit: number | string | null | undefined;
  readonly #process: ChildProcess;

  /** Starts it in `directory`, with nothing of this process's environment but `env`. */
  constructor(directory: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#process = spawn(process.execPath, [PROGRAM, ...args], { cwd: directory, env });
    this.#process.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.#process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.#process.once('close', (code, signal) => {
      this.exit = code ?? signal;
    });
  }

  /** Everything it wrote to stdout once it was ready. */
  async ready(): Promise<string> {
    await until(() => this.stdout.endsWith('\n') || this.exit !== undefined);
    if (this.exit !== undefined) throw new Error(`it ended with ${this.exit}: ${this.stderr}`);
    return this.stdout;
  }

  /** The one line of JSON. */
  async printed(): Promise<Printed> {
    return JSON.parse(await this.ready());
  }

  /** Ends it; resolves to its exit code or signal. */
  async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | string | null | undefined> {
    this.#process.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | string | null | undefined> {
    await until(() => this.exit !== undefined);
    return this.exit;
  }
}

/** Any free port for each of the three. */
export const FREE_PORTS = ['--port', '0', '--dc-port', '0', '--control-port', '0'];

type Start = (args?: readonly string[]) => SandboxProgram;

/** Runs the test with an empty directory; processes started there are ended afterwards. */
export function withSandboxPrograms(
  test: (start: Start, directory: string) => Promise<void>,
  kind?: DatabaseKind,
) {
  return async (): Promise<void> => {
    const directory = mkdtempSync(join(tmpdir(), 'sandbox-program-'));
    const database = await makeServiceDatabase(kind);
    const programs: SandboxProgram[] = [];
    try {
      await test((args = ['--json', ...FREE_PORTS]) => {
        const program = new SandboxProgram(directory, args, database.settings);
        programs.push(program);
        return program;
      }, directory);
    } finally {
      for (const program of programs) if (program.exit === undefined) await program.end('SIGKILL');
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}
