import type { Replicas } from '../replicas/replicas.js';
import { type SecretStores, storedSecrets } from './rotation.js';
import type { AccessStore } from './store.js';
import type { Vault } from './vault.js';

/** The fact by which replicas see whether they have the same keys. */
const FACT = 'vault.check';

/** What it says, encrypted; also its context. */
const KNOWN_TEXT = 'vault.check';

/** Stands for it until the first key is on the disk: the database is as new as the key. */
const NO_KEY_YET = 'none';

/** The keys do not open what the database holds. The message says what to do and shows no key. */
export class EncryptionKeysDiffer extends Error {
  override readonly name = 'EncryptionKeysDiffer';

  constructor(message?: string) {
    super(
      message ??
        'The secrets in this database were encrypted with a key that this replica does not have. Give every ' +
          'replica the same ENCRYPTION_KEYS. To change the key, first add the new one as the last of the list ' +
          'everywhere, then put it first everywhere, and take the old one away once every replica was started so.',
    );
  }
}

export interface VaultCheckParts {
  readonly access: AccessStore;
  readonly replicas: Replicas;
  readonly vault: Vault;
}

/**
 * Makes sure that this replica opens what the others of its database encrypt. The first one says by which key;
 * one that has a newer key beside it says so for those that come later.
 * @throws EncryptionKeysDiffer.
 */
export async function checkVault({ access, replicas, vault }: VaultCheckParts): Promise<void> {
  // Of two that start at once with different keys, the second must see what the first one wrote.
  await replicas.exclusively(FACT, async () => {
    const kept = await keptToken(access);
    if (kept !== null && !(await opens(kept, vault))) throw new EncryptionKeysDiffer();
    if (kept !== null && vault.isCurrent(kept)) return;
    await access.saveFact(FACT, await vault.encrypt(KNOWN_TEXT, FACT));
  });
}

/** What was encrypted with the newest key; null: nothing was. */
async function keptToken(access: AccessStore): Promise<string | null> {
  const kept = await access.fact(FACT);
  return kept === NO_KEY_YET ? null : kept;
}

async function opens(token: string, vault: Vault): Promise<boolean> {
  return vault.decrypt(token, FACT).then(
    (text) => text === KNOWN_TEXT,
    () => false,
  );
}

/** What one process's own database holds that needs a key; `no_key_yet`: its first start did not come to its end. */
export type Encrypted = 'nothing' | 'no_key_yet' | 'secrets';

export async function encryptedIn(stores: SecretStores): Promise<Encrypted> {
  if ((await keptToken(stores.access)) !== null) return 'secrets';
  for await (const secrets of storedSecrets(stores)) if (secrets.length > 0) return 'secrets';
  return (await stores.access.fact(FACT)) === null ? 'nothing' : 'no_key_yet';
}

/**
 * Whether the vault opens what the database holds: the fact that says by which key, or where an older version kept
 * none, any of its secrets.
 */
export async function opensStored(stores: SecretStores, vault: Vault): Promise<boolean> {
  const kept = await keptToken(stores.access);
  if (kept !== null) return opens(kept, vault);
  let found = false;
  for await (const secrets of storedSecrets(stores)) {
    for (const { token, context } of secrets) {
      found = true;
      if (await vault.decrypt(token, context).catch(() => null)) return true;
    }
  }
  return !found;
}

/** Notes that a key is about to be made for a database that holds nothing encrypted. */
export async function noteNoKeyYet(access: AccessStore): Promise<void> {
  await access.saveFact(FACT, NO_KEY_YET);
}

/** Notes which key is the newest, unless that is known. */
export async function noteVault(access: AccessStore, vault: Vault): Promise<void> {
  const kept = await keptToken(access);
  if (kept === null || !vault.isCurrent(kept) || !(await opens(kept, vault))) {
    await access.saveFact(FACT, await vault.encrypt(KNOWN_TEXT, FACT));
  }
}
