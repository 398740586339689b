import { ConfigError, loadConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { copyDatabase } from '../storage/copying/copy.js';
import type { CopiedRows } from '../storage/copying/steps.js';
import { DATABASE_URL_HELP, type NamedDatabase, parseDatabaseUrl } from '../storage/database_url.js';
import { migrateToNewest } from '../storage/migrate.js';
import { withProgress } from './long_command.js';
import { printJson } from './print.js';

const SERVER_STEPS = [
  'Set DATABASE_URL of every replica to the URL given as --to.',
  'Set ENCRYPTION_KEYS of every replica to its previous value or, if that was empty, to the content of DATA_DIR/encryption.key.',
];

const LAST_STEPS = [
  'Keep SESSIONS_DIR unchanged.',
  'Start TeleGate. Never start it on the old database again: both would lease the same sessions.',
];

/** The options of `telegate db migrate`. */
export interface MigrateOptions {
  readonly database?: string;
  readonly json?: true;
}

/** Upgrades the schema. @throws ConfigError, DatabaseRefused. */
export async function migrate({ database: url, json }: MigrateOptions): Promise<void> {
  const database =
    url === undefined ? loadConfig(readEnvironment()).database : databaseOption('--database', url);
  const { from, to } = await migrateToNewest(database);
  if (json) return printJson(process.stdout, { from, to });
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

/** The options of `telegate db copy`. */
export interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly json?: true;
}

/**
 * Copies a database, shows the progress, and says what to do next. Ctrl-C cancels it.
 * @throws ConfigError, DatabaseRefused, CopyFailed.
 */
export async function copy({ json, ...urls }: CopyOptions): Promise<void> {
  const from = databaseOption('--from', urls.from);
  const to = databaseOption('--to', urls.to);
  const copied = await withProgress(
    ({ signal, onProgress }) =>
      copyDatabase(from, to, {
        signal,
        onProgress: ({ step, table, rows }) => onProgress(`${step} ${table}: ${rows} rows`),
      }),
    () => 'Cancelled. Nothing of it was kept.',
  );
  if (json) printJson(process.stdout, { copied });
  else process.stdout.write(`${summary(copied)}\n\n${nextSteps(to)}\n`);
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
