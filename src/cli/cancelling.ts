import { systemTime } from '../kernel/clock.js';
import { OperationRefused } from '../operations/refused.js';
import { ProgressLine } from './progress_line.js';

/** What a long command is given: a signal that Ctrl-C and SIGTERM abort, and a line for its progress. */
export interface LongCommand {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Runs a long command, which Ctrl-C and SIGTERM cancel. */
export async function cancellable<Result>(work: (around: LongCommand) => Promise<Result>): Promise<Result> {
  const cancelling = new AbortController();
  const cancel = () => cancelling.abort(new OperationRefused('Cancelled. Nothing was changed.'));
  // Only once: pressing it again ends the program at once.
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  const progress = new ProgressLine(process.stderr, systemTime);
  try {
    return await work({ signal: cancelling.signal, onProgress: (text) => progress.show(text) });
  } finally {
    progress.clear();
    process.off('SIGINT', cancel).off('SIGTERM', cancel);
  }
}
