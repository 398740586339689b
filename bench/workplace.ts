import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A program to run. Its environment is exactly what is given here. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The user that it runs as; by default the caller. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** The signal that ends it when the workplace is closed; SIGKILL by default. */
  readonly endedBy?: NodeJS.Signals;
}

/** How a program ended, and its output. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The first line of its output. Rejects if it ends without one. */
  readonly firstLine: Promise<string>;
  /** Called with each line of its output from now on. */
  onLine(listener: (line: string) => void): void;
  kill(signal: NodeJS.Signals): void;
}

/** How much of a program's output is kept, in characters. */
const REMEMBERED = 1_000_000;

/** The directory and processes of a benchmark; `close` removes both. */
export class Workplace {
  readonly directory: string;
  /** Running programs, and the signals that end them. */
  readonly #children = new Map<ChildProcess, NodeJS.Signals>();
  readonly #afterwards: (() => Promise<void>)[] = [];
  #closed = false;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** In the directory for temporary files (`TMPDIR`), which should be on a real disk. */
  static async open(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'telegate-bench-')));
  }

  /** Makes a directory. */
  async makeDirectory(name: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** Whether it was closed: code that still works here must stop. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Registers clean-up outside of the directory, to run when this is closed, after its programs have ended. */
  afterwards(work: () => Promise<void>): void {
    this.#afterwards.push(work);
  }

  /** Starts a program in this directory. */
  start({ program, args, env = {}, owner, endedBy = 'SIGKILL' }: Command): Running {
    if (this.#closed) throw new Error('the workplace is closed');
    const child = spawn(program, [...args], {
      cwd: this.directory,
      env: { ...env },
      ...owner,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.set(child, endedBy);
    const said = { stdout: '', stderr: '' };
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#children.delete(child);
        resolve({ code, ...said });
      });
    });
    ended.catch(() => this.#children.delete(child));
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] = (said[name] + text).slice(-REMEMBERED);
      });
    }
    const firstLine = firstLineOf(child.stdout, ended);
    firstLine.catch(() => undefined);
    return {
      ...{ pid: child.pid ?? 0, ended, firstLine },
      onLine: (listener) => void createInterface({ input: child.stdout }).on('line', listener),
      kill: (signal) => void child.kill(signal),
    };
  }

  /** Runs a program until it ends. Rejects if it fails. */
  async run(command: Command): Promise<string> {
    const { code, stdout, stderr } = await this.start(command).ended;
    if (code !== 0)
      throw new Error(`${command.program} ${command.args[0] ?? ''} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Ends the running programs and removes the directory. */
  async close(): Promise<void> {
    this.#closed = true;
    const gone = [...this.#children.keys()].map(
      (child) => new Promise<void>((resolve) => child.once('close', () => resolve())),
    );
    for (const [child, endedBy] of this.#children) child.kill(endedBy);
    await Promise.all(gone);
    for (const work of this.#afterwards.splice(0)) await work();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function firstLineOf(output: Readable, ended: Promise<Ended>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (text: string) => {
      said += text;
      if (!said.includes('\n')) return;
      output.off('data', listen);
      resolve(said.slice(0, said.indexOf('\n')));
    };
    output.on('data', listen);
    ended.then(({ stderr }) => reject(new Error(`it ended without output: ${stderr}`)), reject);
  });
}
