import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { systemTime } from '../kernel/clock.js';
import { createLogger } from '../kernel/logging.js';
import { type Rotated, rotateKey } from '../operations/rotate_key.js';
import { withProgress } from './long_command.js';

/** `telegate rotate-key`: encrypts every stored secret with a new key, while no service runs. */
export function rotateKeyCommand(): Command {
  return new Command('rotate-key')
    .description('encrypt all stored secrets with a new key; stop all services first')
    .option('--json', 'print the result as one line of JSON')
    .addHelpText(
      'after',
      '\nThe new key replaces the one in DATA_DIR/encryption.key. With ENCRYPTION_KEYS=NEW,OLD, the first one is the new' +
        '\none. If it is interrupted, run it again: until then, the service works with both keys.',
    )
    .action(async ({ json }: { readonly json?: true }) => {
      const config = loadConfig(readEnvironment());
      const logger = createLogger({ level: 'error' });
      const rotated = await withProgress(
        (around) => rotateKey({ config, logger, time: systemTime, ...around }),
        () => 'Interrupted. The service works with both keys: run it again to finish.',
      );
      process.stdout.write(`${json ? JSON.stringify(result(rotated)) : summary(rotated)}\n`);
    });
}

function result({ keyId, secrets, unreadable, oldKeyFile }: Rotated) {
  return { key_id: keyId, secrets, unreadable, old_key_file: oldKeyFile };
}

function summary({ keyId, secrets, unreadable, oldKeyFile }: Rotated): string {
  const lines = [`${secrets} secrets are encrypted with the key ${keyId} now.`];
  if (unreadable > 0) lines.push(`${unreadable} secrets could not be decrypted, and were left as they are.`);
  if (oldKeyFile === null) {
    lines.push('Remove the other keys from ENCRYPTION_KEYS on every machine, then start the services.');
  } else {
    lines.push(
      `The old key is in ${oldKeyFile}: earlier backups need it. Delete it once you do not need those any more.`,
      'If other machines have a copy of DATA_DIR/encryption.key, replace it there. Then start the service.',
    );
  }
  return lines.join('\n');
}
