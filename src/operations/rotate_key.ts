import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'winston';
import {
  ENCRYPTION_KEY_BYTES,
  formatEncryptionKey,
  readKeyFile,
  writeKeyFile,
} from '../access/encryption_key.js';
import { rotateSecrets, storedSecrets } from '../access/stored_secrets.js';
import { keyIdOf, Vault } from '../access/vault.js';
import { decryptsStored, recordedToken, recordVault } from '../access/vault_check.js';
import type { Config } from '../config.js';
import type { TimeSource } from '../kernel/clock.js';
import { writePrivateFile } from '../kernel/private_files.js';
import { loginSecretContext } from '../logins/steps.js';
import { checkTarget } from '../storage/copying/copy.js';
import type { Database } from '../storage/database.js';
import { examine } from '../storage/examination.js';
import { openDatabase } from '../storage/open.js';
import { OperationRefused } from './refused.js';

/** The outcome of a rotation. */
export interface Rotated {
  /** The id of the key that encrypts everything now. */
  readonly keyId: string;
  /** How many secrets are encrypted with it. */
  readonly secrets: number;
  /** How many secrets no key decrypts; they are left as they were. */
  readonly unreadable: number;
  /** Where the key before is kept, which earlier backups need; null: in the settings. */
  readonly oldKeyFile: string | null;
}

/** What a rotation works with. */
export interface RotationParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly time: TimeSource;
  /** If aborted, it ends where it is: running it again finishes it. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/**
 * Encrypts every stored secret with a new key, while no service runs. The key file holds both keys until all of it is
 * done: however often this is killed, a service can start, and running it again finishes it. With ENCRYPTION_KEYS, the
 * first of several keys is the new one.
 * @throws OperationRefused, DatabaseRefused, KeyFileError; the signal's reason.
 */
export async function rotateKey(parts: RotationParts): Promise<Rotated> {
  const { config, logger, time } = parts;
  await refuseUnfit(config);
  const keys = await plan(config);
  // Of a file, it has the lock of a service; on a server it counts as one.
  const database = await openDatabase(config.database, { logger, time });
  try {
    const vault = new Vault([keys.next, ...keys.before]);
    if (!(await decryptsStored(database, vault))) throw otherKeys();
    if (keys.inFile !== null) await writeKeyFile(config.dataDir, { current: keys.inFile, next: keys.next });
    // From now on, no service starts that lacks the new key.
    await recordVault(database.access, vault);
    const counts = await encryptAll(database, vault, parts);
    await refuseOthers(database, vault);
    const oldKeyFile = keys.inFile === null ? null : await replaceKey(config.dataDir, keys.inFile, keys.next);
    return { keyId: keyIdOf(keys.next), ...counts, oldKeyFile };
  } finally {
    await database.close();
  }
}

/** @throws OperationRefused without a database; DatabaseRefused if a service runs, which would not know the new key. */
async function refuseUnfit({ database }: Config): Promise<void> {
  const { schema, place } = await examine(database);
  if (schema !== 'current') {
    throw new OperationRefused(
      `${place} can't be used as it is: \`telegate doctor\` says why. Nothing was changed.`,
    );
  }
  await checkTarget(database, { replace: true });
}

/**
 * Each service records its newest key when it starts. @throws OperationRefused if one with the old key was started
 * meanwhile: it may have encrypted something with that.
 */
async function refuseOthers({ access }: Database, vault: Vault): Promise<void> {
  const recorded = await recordedToken(access);
  if (recorded !== null && vault.isCurrent(recorded)) return;
  throw new OperationRefused(
    'A service was started meanwhile, and encrypts with the old key: stop it, and run this again. Until then, services ' +
      'work with both keys.',
  );
}

interface Keys {
  readonly next: Uint8Array;
  readonly before: readonly Uint8Array[];
  /** The key of the key file; null: the keys are in the settings. */
  readonly inFile: Uint8Array | null;
}

async function plan({ encryptionKeys, dataDir }: Config): Promise<Keys> {
  const [next, ...before] = encryptionKeys;
  if (next !== undefined) {
    if (before.length > 0) return { next, before, inFile: null };
    throw new OperationRefused(
      'ENCRYPTION_KEYS has one key. Put a new one before it (ENCRYPTION_KEYS=NEW,OLD; `openssl rand -base64 32` makes ' +
        'one) and run this again. Nothing was changed.',
    );
  }
  const file = await readKeyFile(dataDir);
  if (file === null) {
    throw new OperationRefused(`There is no encryption key in ${dataDir} yet: the first start creates it.`);
  }
  // A rotation that was interrupted goes on with its key.
  const fresh = file.next ?? new Uint8Array(randomBytes(ENCRYPTION_KEY_BYTES));
  return { next: fresh, before: [file.current], inFile: file.current };
}

function otherKeys(): OperationRefused {
  return new OperationRefused(
    'The encryption keys here are not those of the database: `telegate doctor` says more. Nothing was changed.',
  );
}

/** Encrypts all secrets with the vault's newest key. */
async function encryptAll(
  database: Database,
  vault: Vault,
  { signal, onProgress }: RotationParts,
): Promise<Pick<Rotated, 'secrets' | 'unreadable'>> {
  let done = 0;
  await rotateSecrets(database, vault, (secrets) => {
    signal.throwIfAborted();
    done += secrets;
    onProgress(`encrypting: ${done} secrets`);
  });
  await rotateLogins(database, vault);
  const tokens: string[] = (await database.logins.secrets()).map(({ secret }) => secret);
  for await (const page of storedSecrets(database)) tokens.push(...page.map(({ token }) => token));
  const unreadable = tokens.filter((token) => !vault.isCurrent(token)).length;
  return { secrets: tokens.length - unreadable, unreadable };
}

async function rotateLogins({ logins }: Database, vault: Vault): Promise<void> {
  for (const { id, secret } of await logins.secrets()) {
    if (vault.isCurrent(secret)) continue;
    const text = await vault.decrypt(secret, loginSecretContext(id)).catch(() => null);
    if (text !== null)
      await logins.replaceSecret(id, secret, await vault.encrypt(text, loginSecretContext(id)));
  }
}

/** Makes `next` the key of the key file; returns where the old one is kept. */
async function replaceKey(dataDir: string, old: Uint8Array, next: Uint8Array): Promise<string> {
  const oldKeyFile = join(dataDir, `encryption.key.old-${keyIdOf(old)}`);
  await writePrivateFile(oldKeyFile, `${formatEncryptionKey(old)}\n`);
  await writeKeyFile(dataDir, { current: next, next: null });
  return oldKeyFile;
}
