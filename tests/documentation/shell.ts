import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import type { Block } from './pages.js';

/** A command of a block, and the answer that is printed behind or below it. */
export interface Command {
  readonly line: number;
  readonly text: string;
  /** JSON with `…` for more; null: none is printed. */
  readonly answer: string | null;
}

/** How a command ended. */
export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PRINTED_ANSWER = /(?:^|\s)# ([{[].*)$/;

const known = new WeakMap<Block, readonly Command[]>();

/** The commands of a block; comments between them are left out, answers excepted. */
export function commandsOf(block: Block): readonly Command[] {
  const commands = known.get(block) ?? readCommands(block);
  known.set(block, commands);
  return commands;
}

function readCommands({ text, line, language }: Block): Command[] {
  if (language === 'bash') return [{ line, text, answer: null }];
  const commands: Command[] = [];
  let begun: string[] = [];
  for (const [at, current] of text.split('\n').entries()) {
    const answer = PRINTED_ANSWER.exec(current)?.[1] ?? null;
    if (begun.length === 0 && /^\s*(#|$)/.test(current)) {
      const last = commands.at(-1);
      if (answer !== null && last) commands[commands.length - 1] = { ...last, answer };
      continue;
    }
    begun.push(current);
    if (!isComplete(begun.join('\n'))) continue;
    commands.push({ line: line + at - begun.length + 1, text: begun.join('\n'), answer });
    begun = [];
  }
  if (begun.length > 0) throw new Error(`the command in line ${line} does not end: ${begun.join('\n')}`);
  return commands;
}

/** Whether a shell would run it as it is. */
function isComplete(text: string): boolean {
  if (text.endsWith('\\')) return false;
  const { status, stderr } = spawnSync('bash', ['-n'], { input: `${text}\n`, encoding: 'utf8' });
  return status === 0 && stderr === '';
}

/** No command of a page takes longer, in milliseconds. */
const MAX_MS = 45_000;

/** The shell of one page: its commands share variables and a directory. */
export class PageShell {
  readonly #directory: string;
  readonly #bash: ChildProcess;
  readonly #mark = randomUUID();
  #stdout = '';
  #arrived: () => void = () => undefined;

  /** `settings`: the environment, besides the path of programs. */
  constructor(directory: string, settings: Readonly<Record<string, string>>) {
    this.#directory = directory;
    const env = {
      ...settings,
      HOME: directory,
      PATH: `${makePrograms(directory)}${delimiter}${searchPath()}`,
    };
    this.#bash = spawn('bash', ['--noprofile', '--norc'], { cwd: directory, env, detached: true });
    this.#bash.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stdout += chunk;
      this.#arrived();
    });
    this.#bash.once('close', () => this.#arrived());
  }

  /** Runs a command to its end. @throws Error if it takes too long. */
  async run(text: string): Promise<Outcome> {
    const errors = join(this.#directory, '.stderr');
    this.#stdout = '';
    this.#bash.stdin?.write(`{ ${text}\n} </dev/null 2>'${errors}'\nprintf '\\n%s %d\\n' ${this.#mark} $?\n`);
    const end = new RegExp(`\\n${this.#mark} (\\d+)\\n`);
    const late = Date.now() + MAX_MS;
    while (!end.test(this.#stdout)) {
      if (Date.now() > late || this.#bash.exitCode !== null) {
        throw new Error(`it does not end: ${text}\n${this.#stdout}${readFileSync(errors, 'utf8')}`);
      }
      await this.#more();
    }
    const [stdout = ''] = this.#stdout.split(end);
    const exit = Number(end.exec(this.#stdout)?.[1]);
    return { exit, stdout, stderr: readFileSync(errors, 'utf8') };
  }

  /** Writes a script, and runs it as a program. */
  runScript(text: string): Promise<Outcome> {
    writeFileSync(join(this.#directory, 'script.sh'), text);
    return this.run('bash script.sh');
  }

  /** Ends it with everything that it has started. */
  close(): void {
    if (this.#bash.pid !== undefined && this.#bash.exitCode === null)
      process.kill(-this.#bash.pid, 'SIGKILL');
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      this.#arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const CLI = join(PROJECT_ROOT, 'dist', 'src', 'cli', 'main.js');

/** Makes the programs that the pages take for granted; the directory that they are in. */
function makePrograms(directory: string): string {
  const bin = join(directory, '.bin');
  mkdirSync(bin);
  const telegate = `exec '${process.execPath}' '${CLI}'`;
  const programs = {
    telegate: `${telegate} "$@"`,
    npm: `[ "$1 $2 $3" = "run telegate --" ] || { echo "not run here: npm $*" >&2; exit 64; }\nshift 3\n${telegate} "$@"`,
    // A refusal is an error here, unless it is what is printed.
    curl: `case " $* " in *" -f "* | *" -sSf "*) strict= ;; *) strict=--fail-with-body ;; esac
exec '${found('curl')}' --silent --show-error $strict "$@"`,
    // The reader's own program: it gets a session.
    scrape: 'test -n "$(cat)"',
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

/** Where a program is; null: it is not installed. */
export function found(program: string): string | null {
  const { status, stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

function searchPath(): string {
  // biome-ignore lint/style/noProcessEnv: where programs are found.
  return process.env.PATH ?? '';
}
