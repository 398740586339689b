import { readFileSync } from 'node:fs';
import { readEnvironment } from '../environment.js';
import { MIN_PASSPHRASE } from '../operations/backup/key_envelope.js';
import { OperationRefused } from '../operations/refused.js';
import { askUnseen, canAsk } from './prompts.js';

/** How `--help` describes where a passphrase comes from. */
export const PASSPHRASE_HELP =
  'a file whose first line is the passphrase; default: TELEGATE_PASSPHRASE, else a prompt';

/**
 * The passphrase: from a file, from TELEGATE_PASSPHRASE, or from the terminal, unseen. Never from the command line,
 * which other users of the machine can read. `fresh`: it is chosen now, so it is asked twice and must be long enough.
 * @throws OperationRefused.
 */
export async function readPassphrase(
  file: string | undefined,
  { fresh, signal }: { readonly fresh: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const given = file === undefined ? readEnvironment().TELEGATE_PASSPHRASE : firstLine(file);
  const passphrase = given ?? (await asked(fresh, signal));
  if (fresh && [...passphrase].length < MIN_PASSPHRASE) {
    throw new OperationRefused(
      `The passphrase is too short: expected at least ${MIN_PASSPHRASE} characters.`,
    );
  }
  return passphrase;
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    throw new OperationRefused(
      `--passphrase-file ${file} can't be read: ${(error as NodeJS.ErrnoException).code}.`,
    );
  }
}

async function asked(fresh: boolean, signal: AbortSignal): Promise<string> {
  if (!canAsk()) {
    throw new OperationRefused(
      'The passphrase is missing: set TELEGATE_PASSPHRASE, or use --passphrase-file.',
    );
  }
  const passphrase = await askUnseen('Passphrase of the encryption keys: ', signal);
  if (fresh && (await askUnseen('The same again: ', signal)) !== passphrase) {
    throw new OperationRefused('The two passphrases differ.');
  }
  return passphrase;
}
