import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { until } from '../service/manual_time.js';
import { MAIN } from './command.js';

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const USUAL_SIZE: Size = { columns: 100, rows: 30 };

/** How to run the command line. */
export const TELEGATE: readonly string[] = [process.execPath, MAIN];

/** A program on a pseudo-terminal of its own, as a user sees it. */
export class Terminal {
  /** All that was written, with what steers the terminal. */
  raw = '';
  /** The exit code; undefined: it runs. */
  exit: number | null | undefined;
  readonly #process: ChildProcess;

  constructor(
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
    { columns, rows }: Size = USUAL_SIZE,
  ) {
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    const command = `stty cols ${columns} rows ${rows}; exec ${quoted.join(' ')}`;
    const env = { PATH: '/usr/bin:/bin', SHELL: '/bin/sh', ...environment };
    this.#process = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      ...{ cwd: tmpdir(), env },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk) => {
      this.raw += chunk;
    });
    this.#process.once('close', (code) => {
      this.exit = code;
    });
  }

  /** The lines on the screen, without colours. */
  get screen(): string[] {
    return screenOf(this.raw);
  }

  /** Resolves once the screen shows this. @throws Error if the command ends before. */
  async shows(wanted: string | RegExp): Promise<void> {
    const isThere = () => {
      const text = this.screen.join('\n');
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    await until(() => isThere() || this.exit !== undefined);
    if (!isThere()) throw new Error(`it ended with ${this.exit}, and never showed ${wanted}: ${this.raw}`);
  }

  /** Types the text; `\r` is Enter, `\x03` Ctrl-C. */
  type(text: string): void {
    this.#process.stdin?.write(text);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    await until(() => this.exit !== undefined);
    return this.exit ?? null;
  }

  /** Ends it, whatever it does. */
  kill(): void {
    if (this.exit === undefined) this.#process.kill('SIGKILL');
  }
}

/** Runs `telegate` on a terminal, and the test with it. */
export async function onTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  test: (terminal: Terminal) => Promise<void>,
  size?: Size,
): Promise<void> {
  const terminal = new Terminal([...TELEGATE, ...args], environment, size);
  try {
    await test(terminal);
  } finally {
    terminal.kill();
  }
}

const STEERING = new RegExp(`${String.fromCharCode(27)}\\[([?\\d;]*)([A-Za-z])|([\\s\\S])`, 'gu');

/** What a terminal shows after this: it knows what the command line uses, and nothing scrolls out of it. */
function screenOf(raw: string): string[] {
  const lines: string[][] = [[]];
  const cursor = { row: 0, column: 0 };
  const line = () => {
    while (lines.length <= cursor.row) lines.push([]);
    return lines[cursor.row] ?? [];
  };
  const steer = (count: number, action: string) => {
    if (action === 'A') cursor.row = Math.max(0, cursor.row - (count || 1));
    if (action === 'B') cursor.row += count || 1;
    if (action === 'C') cursor.column += count || 1;
    if (action === 'D') cursor.column = Math.max(0, cursor.column - (count || 1));
    if (action === 'G') cursor.column = (count || 1) - 1;
    if (action === 'K' || action === 'J') line().splice(cursor.column);
    if (action === 'J') lines.splice(cursor.row + 1);
  };
  for (const [, parameters = '', action, character = ''] of raw.matchAll(STEERING)) {
    if (action !== undefined) steer(Number.parseInt(parameters, 10), action);
    else if (character === '\r') cursor.column = 0;
    else if (character === '\n') cursor.row += 1;
    else if (character >= ' ') {
      const row = line();
      while (row.length < cursor.column) row.push(' ');
      row[cursor.column] = character;
      cursor.column += 1;
    }
  }
  return lines.map((one) => one.join('').trimEnd());
}
