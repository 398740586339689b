import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program to run. Its environment is what is given here and nothing else. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As whom it runs; as the caller unless given. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** What ends it when the place is cleared away; SIGKILL unless given. */
  readonly endedBy?: NodeJS.Signals;
}

/** How a program ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** How much of what a program says is remembered, in characters. */
const REMEMBERED = 1_000_000;

/** A benchmark's own directory and processes; `close` leaves nothing of either. */
export class Workplace {
  readonly directory: string;
  /** What runs, and what ends it. */
  readonly #children = new Map<ChildProcess, NodeJS.Signals>();
  #closed = false;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** In the system's directory for temporary files (`TMPDIR`): it should lie on a real disk. */
  static async open(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'telegate-bench-')));
  }

  /** Makes a directory. */
  async makeDirectory(name: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** Whether it was cleared away: whoever still works here is to stop. */
  get closed(): boolean {
    return this.#closed;
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
    return { pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) };
  }

  /** Runs a program to its end. Rejects if it fails. */
  async run(command: Command): Promise<string> {
    const { code, stdout, stderr } = await this.start(command).ended;
    if (code !== 0)
      throw new Error(`${command.program} ${command.args[0] ?? ''} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Ends what still runs and removes the directory. */
  async close(): Promise<void> {
    this.#closed = true;
    const gone = [...this.#children.keys()].map(
      (child) => new Promise<void>((resolve) => child.once('close', () => resolve())),
    );
    for (const [child, endedBy] of this.#children) child.kill(endedBy);
    await Promise.all(gone);
    await rm(this.directory, { recursive: true, force: true });
  }
}
