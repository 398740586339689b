import { existsSync } from 'node:fs';
import { encryptionKeyFile, formatKeyFile } from '../../access/encryption_key.js';
import { keyIdOf } from '../../access/vault.js';
import type { Config } from '../../config.js';
import { encryptionKeysOf } from '../encryption_keys.js';
import { OperationRefused } from '../refused.js';
import { readPart } from './archive_reader.js';
import { openKeys } from './key_envelope.js';
import { KEYS, type Manifest } from './manifest.js';

/**
 * What becomes of the encryption keys: `here`: this machine has what the backup needs, or it needs none; `restored`:
 * they are written to the key file; `missing`: they are neither here nor in the backup.
 */
export interface RestoredKeys {
  readonly outcome: 'here' | 'restored' | 'missing';
  /** The ids of those that are missing. */
  readonly missing: readonly string[];
  /** What the key file is to hold; null: it stays as it is. */
  readonly content: string | null;
  /** Where the key file that is there goes; null: there is none, or it stays. */
  readonly aside: string | null;
}

/** How the keys of a backup are restored. */
interface Options {
  readonly config: Config;
  readonly force: boolean;
  readonly passphrase: () => Promise<string>;
  readonly signal: AbortSignal;
}

/** Finds out what becomes of the keys, and changes nothing. @throws OperationRefused, also for a wrong passphrase. */
export async function planKeys(file: string, manifest: Manifest, options: Options): Promise<RestoredKeys> {
  const { config, force, passphrase, signal } = options;
  const own = new Set((await encryptionKeysOf(config)).map(keyIdOf));
  const missing = manifest.encryption.key_ids.filter((id) => !own.has(id));
  const nothing = { missing, content: null, aside: null };
  if (missing.length === 0) return { outcome: 'here', ...nothing };
  const part = manifest.parts.find(({ name }) => name === KEYS);
  if (part === undefined) return { outcome: 'missing', ...nothing };
  const keyFile = encryptionKeyFile(config.dataDir);
  if (config.encryptionKeys.length > 0) {
    throw new OperationRefused(
      `ENCRYPTION_KEYS is set, and lacks the key of the backup: unset it, and the key is restored to ${keyFile}, ` +
        'or add the key to it. Nothing was changed.',
    );
  }
  if (existsSync(keyFile) && !force) {
    throw new OperationRefused(
      `${keyFile} is another key than that of the backup. Nothing was changed: --force moves it aside.`,
    );
  }
  const keys = await openKeys(await readPart(file, part, signal), await passphrase());
  const needed = keys.filter((key) => missing.includes(keyIdOf(key)));
  const [current, next = null, ...rest] = needed;
  if (current === undefined || rest.length > 0) throw new OperationRefused(tooMany(missing));
  // A second key goes into the file as well: the next `telegate rotate-key` ends that.
  const content = formatKeyFile({ current, next });
  const aside = existsSync(keyFile) ? freeName(keyFile) : null;
  return { outcome: 'restored', missing: [], content, aside };
}

function tooMany(ids: readonly string[]): string {
  return (
    `The secrets of this backup were encrypted with the keys ${ids.join(', ')}, which do not fit into one key file: ` +
    'set them in ENCRYPTION_KEYS. Nothing was changed.'
  );
}

function freeName(path: string): string {
  let number = 1;
  while (existsSync(`${path}.replaced-${number}`)) number += 1;
  return `${path}.replaced-${number}`;
}
