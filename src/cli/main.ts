import { Command } from 'commander';
import { ConfigError } from '../config.js';
import { TeleGateError } from '../kernel/errors.js';
import { readVersion } from '../kernel/project.js';
import { CopyFailed } from '../storage/copying/ends.js';
import { DatabaseRefused } from '../storage/database.js';
import { databaseCommand } from './db.js';
import { keysCommand } from './keys.js';

// All files created here are readable by this user only.
process.umask(0o077);

const program = new Command('telegate')
  .description('Administers TeleGate on its own machine, whether it is running or not.')
  .version(readVersion())
  .addCommand(keysCommand())
  .addCommand(databaseCommand());

try {
  await program.parseAsync();
} catch (error) {
  const expected = [ConfigError, CopyFailed, DatabaseRefused, TeleGateError].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(
    `${error instanceof Error ? (expected ? error.message : error.stack) : String(error)}\n`,
  );
  process.exitCode = 1;
}
