import { keysIn, readKeyFile } from '../access/encryption_key.js';
import { type SecretStores, storedSecrets } from '../access/stored_secrets.js';
import { keyIdOfToken } from '../access/vault.js';
import { recordedToken } from '../access/vault_check.js';
import type { Config } from '../config.js';

/**
 * The encryption keys of this machine, newest first: those of the settings or, without any, of the key file. None is
 * created.
 * @throws KeyFileError.
 */
export async function encryptionKeysOf({ encryptionKeys, dataDir }: Config): Promise<readonly Uint8Array[]> {
  if (encryptionKeys.length > 0) return encryptionKeys;
  const file = await readKeyFile(dataDir);
  return file ? keysIn(file) : [];
}

/** The ids of the keys with which the secrets of a database are encrypted. */
export async function keyIdsIn(stores: SecretStores): Promise<string[]> {
  const ids = new Set<string>();
  const add = (token: string) => {
    const id = keyIdOfToken(token);
    if (id !== null) ids.add(id);
  };
  const recorded = await recordedToken(stores.access);
  if (recorded !== null) add(recorded);
  for await (const secrets of storedSecrets(stores)) for (const { token } of secrets) add(token);
  return [...ids];
}
