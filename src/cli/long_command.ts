import { systemTime } from '../kernel/clock.js';
import { Interrupted, interruptible } from './exit_codes.js';
import { ProgressLine } from './progress_line.js';

/** What a long command is given: a signal that Ctrl-C and SIGTERM abort, and a line for its progress. */
export interface LongCommand {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/**
 * Runs a long command, which Ctrl-C and SIGTERM cancel, and shows its progress. `interrupted`: what is said if it is
 * cancelled.
 */
export async function withProgress<Result>(
  work: (around: LongCommand) => Promise<Result>,
  interrupted: () => string | null = () => null,
): Promise<Result> {
  const progress = new ProgressLine(process.stderr, systemTime);
  try {
    return await interruptible((signal) => work({ signal, onProgress: (text) => progress.show(text) }));
  } catch (error) {
    progress.clear();
    const told = error instanceof Interrupted ? interrupted() : null;
    if (told !== null) process.stderr.write(`${told}\n`);
    throw error;
  } finally {
    progress.clear();
  }
}
