import { systemTime } from '../kernel/clock.js';
import { interruptible } from './exit_codes.js';
import { ProgressLine } from './progress_line.js';

/** What a long command is given: a signal that Ctrl-C and SIGTERM abort, and a line for its progress. */
export interface LongCommand {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Runs a long command, which Ctrl-C and SIGTERM cancel, and shows its progress. */
export function withProgress<Result>(work: (around: LongCommand) => Promise<Result>): Promise<Result> {
  const progress = new ProgressLine(process.stderr, systemTime);
  return interruptible((signal) => work({ signal, onProgress: (text) => progress.show(text) })).finally(() =>
    progress.clear(),
  );
}
