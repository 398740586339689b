/** How a command ended, as exit codes: scripts branch on them. docs/command_line.md and `--help` list them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unauthorised: 4,
  notFound: 5,
  noFreeSession: 6,
  unreachable: 7,
  unavailable: 8,
  incomplete: 9,
  interrupted: 130,
} as const;

/** What each code means. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, 'done'],
  [
    EXIT.failed,
    'failed: wrong settings, a database that cannot be used, an error that doctor found, or an unexpected one',
  ],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.refused, 'the service refused the request'],
  [EXIT.unauthorised, 'the API key is missing or unknown, or its role may not do this'],
  [EXIT.notFound, 'the session, source, run or key does not exist'],
  [EXIT.noFreeSession, 'no session is free'],
  [EXIT.unreachable, 'the service does not answer'],
  [EXIT.unavailable, 'the service or Telegram cannot do it now: try again later'],
  [
    EXIT.incomplete,
    'done, with a bad result: files were refused or not backed up, a session is not valid, a run did not complete',
  ],
  [EXIT.interrupted, 'interrupted by Ctrl-C (143: by SIGTERM)'],
];

/** A command line that is wrong in a way that its declaration does not show. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command did what was asked, and what it found is bad: the exit code says so, and nothing more is printed. */
export class Incomplete extends Error {
  override readonly name = 'Incomplete';
}

/** A signal ended the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === 'SIGINT' ? EXIT.interrupted : 143;
  }
}

/**
 * Runs the action with a signal that Ctrl-C or SIGTERM aborts, with `Interrupted` as its reason; a second one ends the
 * program at once.
 */
export async function interruptible<Result>(
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupt = new AbortController();
  const onSignal = (signal: 'SIGINT' | 'SIGTERM') => interrupt.abort(new Interrupted(signal));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await action(interrupt.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
