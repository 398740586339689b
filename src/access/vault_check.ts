import type { Replicas } from '../replicas/replicas.js';
import type { AccessStore } from './store.js';
import type { Vault } from './vault.js';

/** The fact by which replicas see whether they have the same keys. */
const FACT = 'vault.check';

/** What it says, encrypted; also its context. */
const KNOWN_TEXT = 'vault.check';

/** This replica can't read what the others encrypted. The message says what to do and shows no key. */
export class EncryptionKeysDiffer extends Error {
  override readonly name = 'EncryptionKeysDiffer';

  constructor() {
    super(
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
    const kept = await access.fact(FACT);
    if (kept !== null && !(await opens(kept, vault))) throw new EncryptionKeysDiffer();
    if (kept !== null && vault.isCurrent(kept)) return;
    await access.saveFact(FACT, await vault.encrypt(KNOWN_TEXT, FACT));
  });
}

async function opens(token: string, vault: Vault): Promise<boolean> {
  return vault.decrypt(token, FACT).then(
    (text) => text === KNOWN_TEXT,
    () => false,
  );
}
