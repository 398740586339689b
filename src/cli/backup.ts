import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { systemTime } from '../kernel/clock.js';
import { createBackup } from '../operations/backup/backup.js';
import type { Manifest } from '../operations/backup/manifest.js';
import { Incomplete } from './exit_codes.js';
import { withProgress } from './long_command.js';
import { PASSPHRASE_HELP, readPassphrase } from './passphrase.js';

interface Options {
  readonly withKeys?: true;
  readonly passphraseFile?: string;
  readonly force?: true;
  readonly json?: true;
}

/** `telegate backup`: writes a backup, whether the service runs or not. */
export function backupCommand(): Command {
  return new Command('backup')
    .description(
      'write the database and the session files into one archive, while the service may be running',
    )
    .argument('<file>', 'the archive (tar, gzip), such as telegate-2030-01-01.tar.gz')
    .option('--with-keys', 'include the encryption keys, encrypted with a passphrase')
    .option('--passphrase-file <file>', PASSPHRASE_HELP)
    .option('--force', 'replace a file that is there, once the backup is complete')
    .option('--json', 'print the result as one line of JSON')
    .addHelpText(
      'after',
      '\nThe archive holds session files, which are as good as passwords: keep it secret.',
    )
    .action(backup);
}

/** @throws Incomplete if session files could not be read: the backup is kept, without them. */
async function backup(file: string, options: Options): Promise<void> {
  const config = loadConfig(readEnvironment());
  const manifest = await withProgress(async (around) => {
    const { signal } = around;
    const passphrase = options.withKeys
      ? await readPassphrase(options.passphraseFile, { fresh: true, signal })
      : null;
    const replace = options.force === true;
    return createBackup({ config, file, replace, passphrase, wall: systemTime.wall, ...around });
  });
  const told = options.json ? JSON.stringify(result(file, manifest)) : summary(file, manifest);
  process.stdout.write(`${told}\n`);
  if (manifest.unreadable.length > 0) throw new Incomplete('session files are missing in it');
}

function result(file: string, { parts: _, ...manifest }: Manifest) {
  return { file: resolve(file), bytes: statSync(file).size, ...manifest };
}

function summary(file: string, { database, session_files, encryption, unreadable }: Manifest): string {
  const { rows, leased } = database;
  const lines = [
    `Backup: ${resolve(file)} (${statSync(file).size} bytes)`,
    `Database: ${rows.sessions ?? 0} sessions, ${leased} of them leased; schema ${database.schema}`,
    session_files === null
      ? 'Session files: none, since SESSIONS_SYNC is off here; the database has the sessions.'
      : `Session files: ${session_files}`,
    ...unreadable.map(({ path, reason }) => `Not in the backup: ${path}: ${reason}`),
    keysLine(encryption),
  ];
  return lines.join('\n');
}

function keysLine({ included, key_ids }: Manifest['encryption']): string {
  if (included) return 'Encryption keys: included, encrypted with the passphrase.';
  if (key_ids.length === 0) return 'Encryption keys: not needed, nothing is encrypted.';
  return `Encryption keys: NOT included. Keep the key ${key_ids.join(', ')} elsewhere, or use --with-keys.`;
}
