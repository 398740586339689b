import { Command } from 'commander';
import { KeyFileError } from '../access/encryption_key.js';
import { EncryptionKeysDiffer } from '../access/vault_check.js';
import { ConfigError } from '../config.js';
import { TeleGateError } from '../kernel/errors.js';
import { readVersion } from '../kernel/project.js';
import { OperationRefused } from '../operations/refused.js';
import { PrefectRefused } from '../prefect/errors.js';
import { CopyFailed } from '../storage/copying/ends.js';
import { DatabaseRefused } from '../storage/database.js';
import { backupCommand } from './backup.js';
import { databaseCommand } from './db.js';
import { keysCommand } from './keys.js';
import { restoreCommand } from './restore.js';
import { workerCommand } from './worker.js';

// All files created here are readable by this user only.
process.umask(0o077);

const program = new Command('telegate')
  .description('Administers TeleGate on its own machine, whether it is running or not.')
  .version(readVersion())
  .addCommand(keysCommand())
  .addCommand(databaseCommand())
  .addCommand(workerCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand());

/** Mistakes of the operator: reported in one message, without a stack. */
const MISTAKES = [
  ...[ConfigError, CopyFailed, DatabaseRefused, TeleGateError],
  ...[EncryptionKeysDiffer, KeyFileError, OperationRefused, PrefectRefused],
];

try {
  await program.parseAsync();
} catch (error) {
  const expected = MISTAKES.some((kind) => error instanceof kind);
  process.stderr.write(
    `${error instanceof Error ? (expected ? error.message : error.stack) : String(error)}\n`,
  );
  process.exitCode = 1;
}
