import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../service/manual_time.js';
import { makeServiceDatabase } from '../service/service_database.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The service as a user runs it: a process, its output, its exit. */
export class Program {
  stdout = '';
  stderr = '';
  /** The exit code, or the signal that ended it; undefined: it runs. */
  exit: number | string | null | undefined;
  readonly #process: ChildProcess;

  /** `directory` is where it is started, and where it keeps its data. */
  constructor(
    directory: string,
    settings: Readonly<Record<string, string>> = {},
    program: readonly string[] = [MAIN],
  ) {
    const env = { PORT: '0', HOST: '127.0.0.1', SYNC_CRON: 'off', ...settings };
    this.#process = spawn(process.execPath, [...program], { cwd: directory, env });
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

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Its address and, at the first start, its admin key, as it prints them. */
  async ready(): Promise<{ url: string; key: string }> {
    await until(() => this.stdout.includes('TeleGate is ready.') || this.exit !== undefined);
    const url = /http:\/\/[\d.a-z]+:\d+/.exec(this.stdout)?.[0] ?? '';
    return { url, key: /admin key (\S+)/.exec(this.stdout)?.[1] ?? '' };
  }

  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  /** Resolves once it has ended, with its exit code or signal. */
  async ended(): Promise<number | string | null | undefined> {
    await until(() => this.exit !== undefined);
    return this.exit;
  }
}

/** Runs the test with an empty directory; processes started there are ended afterwards. */
export function withPrograms(
  test: (start: (settings?: Readonly<Record<string, string>>) => Program, directory: string) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'program-'));
    const database = await makeServiceDatabase();
    const programs: Program[] = [];
    try {
      await test((settings) => {
        const program = new Program(directory, { ...database.settings, ...settings });
        programs.push(program);
        return program;
      }, directory);
    } finally {
      for (const program of programs) {
        if (program.exit === undefined) program.kill('SIGKILL');
        await program.ended();
      }
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}
