import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { readEnvironment } from '../environment.js';
import { MIN_PASSPHRASE } from '../operations/backup/key_envelope.js';
import { OperationRefused } from '../operations/refused.js';

/** How `--help` describes where a passphrase comes from. */
export const PASSPHRASE_HELP =
  'a file whose first line is the passphrase; default: TELEGATE_PASSPHRASE, else a prompt';

/**
 * The passphrase: from a file, from TELEGATE_PASSPHRASE, or from the terminal, unseen. Never from the command line,
 * which other users of the machine can read. `fresh`: it is chosen now, so it is asked twice and must be long enough.
 * @throws OperationRefused.
 */
export async function readPassphrase(file: string | undefined, fresh: boolean): Promise<string> {
  const given = file === undefined ? readEnvironment().TELEGATE_PASSPHRASE : firstLine(file);
  const passphrase = given ?? (await asked(fresh));
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

async function asked(fresh: boolean): Promise<string> {
  if (process.stdin.isTTY !== true) {
    throw new OperationRefused(
      'The passphrase is missing: set TELEGATE_PASSPHRASE, or use --passphrase-file.',
    );
  }
  const passphrase = await askUnseen('Passphrase of the encryption keys: ');
  if (fresh && (await askUnseen('The same again: ')) !== passphrase) {
    throw new OperationRefused('The two passphrases differ.');
  }
  return passphrase;
}

/** Asks at the terminal; what is typed is not shown. */
function askUnseen(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  return new Promise<string>((resolve, reject) => {
    const cancel = () => reject(new OperationRefused('Cancelled.'));
    lines.once('SIGINT', cancel).once('close', cancel);
    lines.question('', resolve);
  }).finally(() => {
    lines.close();
    process.stderr.write('\n');
  });
}
