import { PROXY_PASSWORD } from './default_proxy.js';
import type { AccessStore } from './store.js';
import type { Vault } from './vault.js';

/**
 * Encrypts anew, with the newest key, what an older one encrypted: after a start with both, the older key
 * may go. What can't be read with any key is left as it is.
 */
export async function rotateSecrets(store: AccessStore, vault: Vault): Promise<void> {
  for (const { id, pass } of await store.proxies()) {
    if (pass === null || vault.isCurrent(pass)) continue;
    const readable = await vault.decrypt(pass, PROXY_PASSWORD).catch(() => null);
    if (readable !== null) await store.saveProxyPass(id, await vault.encrypt(readable, PROXY_PASSWORD));
  }
}
