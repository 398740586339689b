import type { Cluster } from '../cluster/cluster.js';
import type { AccessStore } from './store.js';
import { type SecretStores, storedSecrets } from './stored_secrets.js';
import type { Vault } from './vault.js';

/** The value by which replicas see whether they have the same keys. */
const NAME = 'vault.check';

/** Its content, before encryption; also its context. */
const KNOWN_TEXT = 'vault.check';

/** Its content until the first key is on the disk: nothing can be encrypted yet. */
const NO_KEY_YET = 'none';

/** The keys do not decrypt what the database holds. The message says what to do and shows no key. */
export class EncryptionKeysDiffer extends Error {
  override readonly name = 'EncryptionKeysDiffer';

  constructor(message?: string) {
    super(
      message ??
        'The secrets in this database were encrypted with a key that this replica does not have. Give every ' +
          'replica the same ENCRYPTION_KEYS. To rotate keys, add the new one last on every replica, then move it to ' +
          'the first place on every replica, then remove the old one; restart the replicas after each step.',
    );
  }
}

export interface VaultCheckParts {
  readonly access: AccessStore;
  readonly cluster: Cluster;
  readonly vault: Vault;
}

/**
 * Makes sure that this replica can decrypt what the others on its database encrypt. The first one records its key;
 * one with a newer key records that for those that start later.
 * @throws EncryptionKeysDiffer.
 */
export async function checkVault({ access, cluster, vault }: VaultCheckParts): Promise<void> {
  // Of two that start at once with different keys, the second must read what the first one wrote.
  await cluster.exclusively(NAME, async () => {
    const kept = await recordedToken(access);
    if (kept !== null && !(await decrypts(kept, vault))) throw new EncryptionKeysDiffer();
    if (kept !== null && vault.isCurrent(kept)) return;
    await access.saveValue(NAME, await vault.encrypt(KNOWN_TEXT, NAME));
  });
}

/** The recorded token; null: none yet. */
export async function recordedToken(access: AccessStore): Promise<string | null> {
  const kept = await access.value(NAME);
  return kept === NO_KEY_YET ? null : kept;
}

async function decrypts(token: string, vault: Vault): Promise<boolean> {
  return vault.decrypt(token, NAME).then(
    (text) => text === KNOWN_TEXT,
    () => false,
  );
}

/** What a database holds that needs a key; `no_key_yet`: the first start was cut short before it made one. */
export type Encrypted = 'nothing' | 'no_key_yet' | 'secrets';

export async function encryptedIn(stores: SecretStores): Promise<Encrypted> {
  if ((await recordedToken(stores.access)) !== null) return 'secrets';
  for await (const secrets of storedSecrets(stores)) if (secrets.length > 0) return 'secrets';
  return (await stores.access.value(NAME)) === null ? 'nothing' : 'no_key_yet';
}

/**
 * Whether the vault decrypts what the database holds: the recorded token or, where an older version recorded none,
 * any of its secrets.
 */
export async function decryptsStored(stores: SecretStores, vault: Vault): Promise<boolean> {
  const kept = await recordedToken(stores.access);
  if (kept !== null) return decrypts(kept, vault);
  let found = false;
  for await (const secrets of storedSecrets(stores)) {
    for (const { token, context } of secrets) {
      found = true;
      if (await vault.decrypt(token, context).catch(() => null)) return true;
    }
  }
  return !found;
}

/** Records that a key is about to be made for a database that holds nothing encrypted. */
export async function recordNoKeyYet(access: AccessStore): Promise<void> {
  await access.saveValue(NAME, NO_KEY_YET);
}

/** Records which key is the newest, unless that is known. */
export async function recordVault(access: AccessStore, vault: Vault): Promise<void> {
  const kept = await recordedToken(access);
  if (kept === null || !vault.isCurrent(kept) || !(await decrypts(kept, vault))) {
    await access.saveValue(NAME, await vault.encrypt(KNOWN_TEXT, NAME));
  }
}
