import type { SessionStore } from '../sessions/store.js';
import { SOURCE_SECRETS, type SourceStore } from '../sources/store.js';
import { SESSION_API_HASH } from './api_hash.js';
import { PROXY_PASSWORD } from './proxies.js';
import { SESSION_CREDENTIALS } from './session_credentials.js';
import { SOURCE_CONTEXTS } from './source_secrets.js';
import type { AccessStore } from './store.js';
import type { Vault } from './vault.js';

/** Secrets that are looked at in one go. */
const PAGE = 500;

/** Where secrets lie. */
export interface SecretStores {
  readonly access: AccessStore;
  readonly sessions: SessionStore;
  readonly sources: SourceStore;
}

/**
 * Encrypts anew, with the newest key, what an older one encrypted: after a start with both, the older key
 * may go. What can't be read with any key is left as it is.
 */
export async function rotateSecrets(stores: SecretStores, vault: Vault): Promise<void> {
  await rotateProxies(stores.access, vault);
  await rotateSessions(stores.sessions, vault);
  await rotateSources(stores.sources, vault);
}

async function rotateProxies(access: AccessStore, vault: Vault): Promise<void> {
  for (const { id, pass } of await access.proxies()) {
    const anew = pass === null ? null : await encryptedAnew(pass, PROXY_PASSWORD, vault);
    if (anew !== null) await access.saveProxyPass(id, anew);
  }
}

async function rotateSessions(sessions: SessionStore, vault: Vault): Promise<void> {
  await forAll(
    (after, limit) => sessions.apiHashes(after, limit),
    async ({ id, apiHash }) => {
      const anew = await encryptedAnew(apiHash, SESSION_API_HASH, vault);
      if (anew !== null) await sessions.saveApiHash(id, anew);
    },
  );
  await forAll(
    (after, limit) => sessions.keptCredentials(after, limit),
    async ({ id, credentials }) => {
      const anew = await encryptedAnew(credentials, SESSION_CREDENTIALS, vault);
      if (anew !== null) await sessions.replaceCredentials(id, credentials, anew);
    },
  );
}

async function rotateSources(sources: SourceStore, vault: Vault): Promise<void> {
  await forAll(
    (after, limit) => sources.secrets(after, limit),
    async (source) => {
      for (const name of SOURCE_SECRETS) {
        const secret = source[name];
        const anew = secret === null ? null : await encryptedAnew(secret, SOURCE_CONTEXTS[name], vault);
        if (secret !== null && anew !== null) await sources.replaceSecret(source.id, name, secret, anew);
      }
    },
  );
}

/** Does `rotate` to every row that has a secret of this kind, a page at a time. */
async function forAll<Row extends { readonly id: number }>(
  rows: (afterId: number, limit: number) => Promise<readonly Row[]>,
  rotate: (row: Row) => Promise<void>,
): Promise<void> {
  for (let after = 0; ; ) {
    const found = await rows(after, PAGE);
    const last = found.at(-1);
    if (!last) return;
    after = last.id;
    await Promise.all(found.map(rotate));
  }
}

/** Null: the newest key made it, or none of them opens it. */
async function encryptedAnew(secret: string, context: string, vault: Vault): Promise<string | null> {
  if (vault.isCurrent(secret)) return null;
  const readable = await vault.decrypt(secret, context).catch(() => null);
  return readable === null ? null : vault.encrypt(readable, context);
}
