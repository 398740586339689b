import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { type Restored, restoreBackup } from '../operations/backup/restore.js';
import { MAX_TTL_SECONDS } from '../pool/states.js';
import { wholeNumber } from './lists.js';
import { withProgress } from './long_command.js';
import { PASSPHRASE_HELP, readPassphrase } from './passphrase.js';

interface Options {
  readonly force?: true;
  readonly trustNoLeaseIsHeld?: true;
  readonly longestLease: number;
  readonly passphraseFile?: string;
  readonly json?: true;
}

/** `telegate restore`: restores a backup into the database, SESSIONS_DIR and DATA_DIR of the settings. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('restore a backup, into SQLite or PostgreSQL; stop the service first')
    .argument('<file>', 'an archive written by `telegate backup`')
    .option(
      '--force',
      'replace what is there: files are moved aside, rows of a PostgreSQL database are deleted',
    )
    .option(
      '--longest-lease <seconds>',
      'no worker asks for a longer lease than this',
      wholeNumber(1, MAX_TTL_SECONDS),
      MAX_TTL_SECONDS,
    )
    .option('--trust-no-lease-is-held', 'no worker is connected: lease sessions at once, without a cool-down')
    .option('--passphrase-file <file>', PASSPHRASE_HELP)
    .option('--json', 'print the result as one line of JSON')
    .addHelpText(
      'after',
      '\nA session may have been leased after the backup was made, and its worker may still be connected: all sessions' +
        '\ncool down for the longest lease there can be. Earlier leases are over: workers get 409 lease_lost.',
    )
    .action(restore);
}

async function restore(file: string, options: Options): Promise<void> {
  const config = loadConfig(readEnvironment());
  let untouched = 'Nothing was changed.';
  const restored = await withProgress(
    (around) =>
      restoreBackup({
        ...{ config, file, ...around },
        force: options.force === true,
        onEarlierCompleted() {
          process.stderr.write('An earlier restore, which was interrupted, was completed first.\n');
          untouched = 'Nothing else was changed.';
        },
        holdSeconds: options.trustNoLeaseIsHeld ? null : options.longestLease,
        passphrase: () => readPassphrase(options.passphraseFile, { fresh: false, signal: around.signal }),
      }),
    () => `Cancelled. ${untouched}`,
  );
  process.stdout.write(`${options.json ? JSON.stringify(result(restored)) : summary(restored)}\n`);
}

function result({ manifest, leases, keys, sessionFiles, movedAside, heldBack }: Restored) {
  const { leased, coolingDown, until } = leases;
  return {
    ...{ backup_of: manifest.created_at, rows: manifest.database.rows, session_files: sessionFiles },
    ...{ leases_ended: leased, cooling_down: coolingDown, cooling_down_until: until?.toISOString() ?? null },
    ...{ keys: keys.outcome, missing_keys: keys.missing, moved_aside: movedAside },
    held_back: heldBack,
  };
}

function summary({ manifest, leases, keys, sessionFiles, movedAside, heldBack }: Restored): string {
  const { database, created_at } = manifest;
  const lines = [
    `Restored the backup of ${created_at}: ${database.rows.sessions ?? 0} sessions, ${sessionFiles ?? 'no'} session files`,
    leases.until === null
      ? `No cool-down: sessions can be leased at once. ${leases.leased} leases of the backup were ended.`
      : `All sessions cool down until ${leases.until.toISOString()}: a worker may hold a lease that was granted after the ` +
        'backup. If no worker is connected, restore again with --force --trust-no-lease-is-held, or with --longest-lease.',
    ...(heldBack === null
      ? []
      : [
          `Held back: ${heldBack.files} files of sessions that the database does not know, in ${heldBack.directory}: move ` +
            'them to SESSIONS_DIR after the cool-down, since a worker may hold those sessions.',
        ]),
    ...movedAside.map((path) => `Moved aside: ${path} (delete it once you do not need it any more)`),
    ...keyLines(keys),
    'Check it with `telegate doctor`, then start the service.',
  ];
  return lines.join('\n');
}

function keyLines({ outcome, missing }: Restored['keys']): string[] {
  if (outcome === 'here') return [];
  if (outcome === 'restored') return ['The encryption key was restored to DATA_DIR/encryption.key.'];
  return [
    `The encryption key ${missing.join(', ')} is missing: put it in ENCRYPTION_KEYS or DATA_DIR/encryption.key before you start.`,
  ];
}
