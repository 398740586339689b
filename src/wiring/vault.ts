import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Logger } from 'winston';
import {
  encryptionKeyFile,
  keysIn,
  loadOrCreateEncryptionKey,
  readKeyFile,
} from '../access/encryption_key.js';
import { Vault } from '../access/vault.js';
import {
  checkVault,
  decryptsStored,
  EncryptionKeysDiffer,
  encryptedIn,
  recordNoKeyYet,
  recordVault,
} from '../access/vault_check.js';
import type { Config } from '../config.js';
import { type Database, DatabaseRefused } from '../storage/database.js';

/** What only a lost key decrypts, and what happens to it. */
const LOST_SECRETS =
  'secrets that only the lost key decrypts (proxy passwords, API hashes, bot tokens) must be entered again, and are ' +
  'kept until then';

/**
 * The vault with the keys from the settings, or from DATA_DIR/encryption.key, which the first start creates.
 * @throws EncryptionKeysDiffer if they do not decrypt what the database contains; DatabaseRefused if its contents are
 * gone; KeyFileError.
 */
export async function openVault(config: Config, database: Database, logger: Logger): Promise<Vault> {
  const { access, cluster } = database;
  if (config.beginAnew) {
    logger.warn('BEGIN_ANEW is on: set it back to off, or a lost database will be replaced unnoticed');
  }
  if (database.shared) {
    const vault = await vaultOf(config);
    await checkVault({ access, cluster, vault });
    return vault;
  }
  const refuseUnlessAnew = (refusal: Error) => {
    if (!config.beginAnew) throw refusal;
    logger.warn('starts anew, because BEGIN_ANEW is on', { reason: refusal.message });
  };
  const keyFile = encryptionKeyFile(config.dataDir);
  const keyIsThere = existsSync(keyFile);
  const encrypted = await encryptedIn(database);
  const lacking = config.encryptionKeys.length === 0 && !keyIsThere;
  if (lacking && encrypted === 'secrets') refuseUnlessAnew(keyGone(keyFile, config));
  if (keyIsThere && encrypted === 'nothing' && (await isEmpty(database)))
    refuseUnlessAnew(nothingLeft(keyFile, config));
  // If the start is interrupted in between, the next one finds a key, and must not mistake the database for a lost
  // one.
  if (encrypted === 'nothing') await recordNoKeyYet(access);
  const vault = await vaultOf(config);
  if (!lacking && !(await decryptsStored(database, vault))) refuseUnlessAnew(otherKey(keyFile, config));
  await recordVault(access, vault);
  return vault;
}

async function vaultOf({ dataDir, encryptionKeys }: Config): Promise<Vault> {
  if (encryptionKeys.length > 0) return new Vault(encryptionKeys);
  const file = await readKeyFile(dataDir);
  return new Vault(file ? keysIn(file) : [await loadOrCreateEncryptionKey(dataDir, randomBytes)]);
}

/** Whether no service has ever used it. */
async function isEmpty({ access, intake, sources }: Database): Promise<boolean> {
  const [sessions, keys, some] = await Promise.all([
    intake.total(),
    access.keys(),
    sources.sources({ skip: 0, limit: 1 }),
  ]);
  return sessions === 0 && keys.length === 0 && some.length === 0;
}

function keyGone(keyFile: string, config: Config): EncryptionKeysDiffer {
  return new EncryptionKeysDiffer(
    `${keyFile} is gone, but secrets in ${fileOf(config)} were encrypted with it. Restore it from a backup, or set ` +
      `the key in ENCRYPTION_KEYS. If it is lost, set BEGIN_ANEW=on: a new one is created, and ${LOST_SECRETS}.`,
  );
}

function otherKey(keyFile: string, config: Config): EncryptionKeysDiffer {
  const which = config.encryptionKeys.length === 0 ? `The key in ${keyFile} does` : 'The ENCRYPTION_KEYS do';
  return new EncryptionKeysDiffer(
    `${which} not decrypt the secrets in ${fileOf(config)}: they were encrypted with another key. Restore that one from a backup, or ` +
      'set both in ENCRYPTION_KEYS, the new one first. If it is lost, set BEGIN_ANEW=on: the new key is used, and ' +
      `${LOST_SECRETS}.`,
  );
}

function nothingLeft(keyFile: string, config: Config): DatabaseRefused {
  return new DatabaseRefused(
    `${fileOf(config)} is empty, but ${keyFile} exists: there was a database here. Restore it from a backup. To ` +
      'start with the empty one, stop all workers (the sessions that they hold would be leased again) and set ' +
      'BEGIN_ANEW=on.',
  );
}

function fileOf({ database }: Config): string {
  return database.kind === 'sqlite' ? database.file : 'the database';
}
