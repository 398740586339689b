import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { Incomplete, Interrupted, UsageError } from './exit_codes.js';

/** Whether somebody can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for one line at the terminal. Rejects with `Interrupted` on Ctrl-C and Ctrl-D, or with the signal's reason. */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  try {
    return await readLine(process.stderr, signal, (lines, answered) => lines.question(question, answered));
  } catch (error) {
    // What comes next begins a line.
    process.stderr.write('\n');
    throw error;
  }
}

/** As `ask`, for a secret: what is typed is not shown. */
export async function askUnseen(question: string, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await readLine(nowhere, signal, (lines, answered) => {
      // Only now: the terminal itself echoes nothing any more.
      process.stderr.write(question);
      lines.question('', answered);
    });
  } finally {
    process.stderr.write('\n');
  }
}

function readLine(
  output: NodeJS.WritableStream,
  signal: AbortSignal,
  question: (lines: Interface, answered: (answer: string) => void) => void,
): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  const aborted = new AbortController();
  return new Promise<string>((resolve, reject) => {
    const interrupted = () => reject(new Interrupted('SIGINT'));
    lines.once('SIGINT', interrupted).once('close', interrupted);
    signal.addEventListener('abort', () => reject(signal.reason), { signal: aborted.signal });
    question(lines, resolve);
  }).finally(() => {
    aborted.abort();
    lines.close();
  });
}

/**
 * Resolves once the user agrees at the terminal; `--yes` agrees beforehand.
 * @throws Incomplete if the user does not; UsageError where nobody can be asked.
 */
export async function confirm(question: string, yes: boolean, signal: AbortSignal): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw new UsageError(`${question} Nobody can be asked here: --yes agrees.`);
  if (/^y(es)?$/i.test((await ask(`${question} [y/N] `, signal)).trim())) return;
  process.stderr.write('Nothing was done.\n');
  throw new Incomplete('not agreed');
}
