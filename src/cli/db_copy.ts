import { systemTime } from '../clock.js';
import { copyDatabase } from '../storage/copying/copy.js';
import { CopyFailed } from '../storage/copying/copy_failed.js';
import type { CopiedRows } from '../storage/copying/steps.js';
import type { NamedDatabase } from '../storage/target.js';
import { ProgressLine } from './progress_line.js';

const SERVER_STEPS = [
  'Set DATABASE_URL of every replica to the URL given as --to.',
  'Set ENCRYPTION_KEYS of every replica to what it was; if it was empty, to the content of DATA_DIR/encryption.key.',
];

const LAST_STEPS = [
  'Leave SESSIONS_DIR as it is.',
  'Start TeleGate, and never again on the database that was copied: each would lease the same sessions.',
];

/** Copies a database, tells how far it is, and what to do then. Ctrl-C cancels it. */
export async function copy(from: NamedDatabase, to: NamedDatabase): Promise<void> {
  const cancelling = new AbortController();
  const cancel = () => cancelling.abort(new CopyFailed('Cancelled.'));
  // Once: who presses it again wants the end at any price, that of a NAME.partial left behind.
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  const progress = new ProgressLine(process.stderr, systemTime);
  try {
    const copied = await copyDatabase(from, to, {
      signal: cancelling.signal,
      onProgress: ({ step, table, rows }) => progress.show(`${step} ${table}: ${rows} rows`),
    });
    progress.clear();
    process.stdout.write(`${summary(copied)}\n\n${nextSteps(to)}\n`);
  } finally {
    progress.clear();
    process.off('SIGINT', cancel).off('SIGTERM', cancel);
  }
}

function summary(copied: readonly CopiedRows[]): string {
  const longest = Math.max(...copied.map(({ table }) => table.length));
  const lines = copied.map(({ table, rows }) => `${table.padEnd(longest)}  ${rows} rows copied, verified`);
  return lines.join('\n');
}

/** What is left to do; URLs are not shown, since a password may be in them. */
function nextSteps(to: NamedDatabase): string {
  const steps = [...(to.kind === 'sqlite' ? fileSteps(to.file) : SERVER_STEPS), ...LAST_STEPS];
  return ['What to do next:', ...steps.map((step, index) => `${index + 1}. ${step}`)].join('\n');
}

function fileSteps(file: string): string[] {
  return [
    `Set DATABASE_URL to sqlite:${file}`,
    'Leave ENCRYPTION_KEYS, or DATA_DIR/encryption.key, as they are.',
  ];
}
