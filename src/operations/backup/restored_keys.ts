import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { encryptionKeyFile, writeKeyFile } from '../../access/encryption_key.js';
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
  /** Writes the key file; resolves to where a replaced one is, or null. */
  place(): Promise<string | null>;
  /** Restores what was there. */
  undo(): Promise<void>;
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
  const nothing = { missing, place: async () => null, undo: async () => undefined };
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
  return { outcome: 'restored', missing: [], ...placing(config.dataDir, current, next) };
}

function tooMany(ids: readonly string[]): string {
  return (
    `The secrets of this backup were encrypted with the keys ${ids.join(', ')}, which do not fit into one key file: ` +
    'set them in ENCRYPTION_KEYS. Nothing was changed.'
  );
}

/** A second key goes into the file as well: the next `telegate rotate-key` ends that. */
function placing(dataDir: string, current: Uint8Array, next: Uint8Array | null) {
  const path = encryptionKeyFile(dataDir);
  let aside: string | null = null;
  let written = false;
  return {
    async place() {
      if (existsSync(path)) {
        aside = freeName(path);
        await rename(path, aside);
      }
      await writeKeyFile(dataDir, { current, next });
      written = true;
      return aside;
    },
    async undo() {
      if (written) await rm(path, { force: true });
      if (aside !== null) await rename(aside, path);
    },
  };
}

function freeName(path: string): string {
  let number = 1;
  while (existsSync(`${path}.replaced-${number}`)) number += 1;
  return `${path}.replaced-${number}`;
}
