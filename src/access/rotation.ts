import type { SessionStore } from '../sessions/store.js';
import { SESSION_API_HASH } from './api_hash.js';
import { PROXY_PASSWORD } from './proxies.js';
import type { AccessStore } from './store.js';
import type { Vault } from './vault.js';

/** Api hashes that are looked at in one go. */
const PAGE = 500;

/**
 * Encrypts anew, with the newest key, what an older one encrypted: after a start with both, the older key
 * may go. What can't be read with any key is left as it is.
 */
export async function rotateSecrets(
  access: AccessStore,
  sessions: SessionStore,
  vault: Vault,
): Promise<void> {
  for (const { id, pass } of await access.proxies()) {
    const anew = pass === null ? null : await encryptedAnew(pass, PROXY_PASSWORD, vault);
    if (anew !== null) await access.saveProxyPass(id, anew);
  }
  await rotateApiHashes(sessions, vault);
}

async function rotateApiHashes(sessions: SessionStore, vault: Vault): Promise<void> {
  for (let after = 0; ; ) {
    const page = await sessions.apiHashes(after, PAGE);
    const last = page.at(-1);
    if (!last) return;
    after = last.id;
    await Promise.all(
      page.map(async ({ id, apiHash }) => {
        const anew = await encryptedAnew(apiHash, SESSION_API_HASH, vault);
        if (anew !== null) await sessions.saveApiHash(id, anew);
      }),
    );
  }
}

/** Null: the newest key made it, or none of them opens it. */
async function encryptedAnew(secret: string, context: string, vault: Vault): Promise<string | null> {
  if (vault.isCurrent(secret)) return null;
  const readable = await vault.decrypt(secret, context).catch(() => null);
  return readable === null ? null : vault.encrypt(readable, context);
}
