import { Command } from 'commander';
import { ConfigError, loadConfig, readEnvironment } from '../config.js';
import { systemTime } from '../kernel/clock.js';
import { copyDatabase } from '../storage/copying/copy.js';
import { CopyFailed } from '../storage/copying/ends.js';
import type { CopiedRows } from '../storage/copying/steps.js';
import { type NamedDatabase, parseDatabaseUrl } from '../storage/database_url.js';
import { migrateToNewest } from '../storage/migrate.js';
import { ProgressLine } from './progress_line.js';

/** How a database is named on the command line. */
const DATABASE_URL_HELP = 'sqlite:PATH, file:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE';

const SERVER_STEPS = [
  'Set DATABASE_URL of every replica to the URL given as --to.',
  'Set ENCRYPTION_KEYS of every replica to its previous value or, if that was empty, to the content of DATA_DIR/encryption.key.',
];

const LAST_STEPS = [
  'Keep SESSIONS_DIR unchanged.',
  'Start TeleGate. Never start it on the old database again: both would lease the same sessions.',
];

/** `telegate db`: operations on a whole database. */
export function databaseCommand(): Command {
  const command = new Command('db').description('the database');
  command
    .command('migrate')
    .description('upgrade the schema, as each start of the service does')
    .option('--database <url>', `${DATABASE_URL_HELP}; default: the one in the settings`)
    .action(migrate);
  command
    .command('copy')
    .description('copy a database into an empty one and compare every row; stop all services on both first')
    .requiredOption('--from <url>', DATABASE_URL_HELP)
    .requiredOption('--to <url>', 'the same; a missing file is created, a PostgreSQL database must exist')
    .addHelpText('after', '\nThe password of a URL can be set in PGPASSWORD instead.')
    .action(({ from, to }: { from: string; to: string }) =>
      copy(databaseOption('--from', from), databaseOption('--to', to)),
    );
  return command;
}

async function migrate({ database: url }: { database?: string }): Promise<void> {
  const database =
    url === undefined ? loadConfig(readEnvironment()).database : databaseOption('--database', url);
  const { from, to } = await migrateToNewest(database);
  const told =
    from === to
      ? `Nothing to do: the schema is ${to}.`
      : `The schema was upgraded from ${from ?? 'nothing'} to ${to}.`;
  process.stdout.write(`${told}\n`);
}

/**
 * The database that an option names. @throws ConfigError that names the option and does not show its value, which may
 * contain a password.
 */
function databaseOption(option: string, url: string): NamedDatabase {
  try {
    return parseDatabaseUrl(url);
  } catch {
    throw new ConfigError(`${option}: expected ${DATABASE_URL_HELP}`);
  }
}

/** Copies a database, shows the progress, and says what to do next. Ctrl-C cancels it. */
async function copy(from: NamedDatabase, to: NamedDatabase): Promise<void> {
  const cancelling = new AbortController();
  const cancel = () => cancelling.abort(new CopyFailed('Cancelled.'));
  // Only once: pressing it again ends the program at once, even if a NAME.partial is left behind.
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

/** The next steps; URLs are not shown, since they may contain a password. */
function nextSteps(to: NamedDatabase): string {
  const steps = [...(to.kind === 'sqlite' ? fileSteps(to.file) : SERVER_STEPS), ...LAST_STEPS];
  return ['Next steps:', ...steps.map((step, index) => `${index + 1}. ${step}`)].join('\n');
}

function fileSteps(file: string): string[] {
  return [`Set DATABASE_URL to sqlite:${file}`, 'Keep ENCRYPTION_KEYS or DATA_DIR/encryption.key unchanged.'];
}
