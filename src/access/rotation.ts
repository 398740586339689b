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

/** A secret as it is stored. */
export interface StoredSecret {
  readonly token: string;
  readonly context: string;
  /** Puts the same secret there, encrypted anew, unless another one is there by now. */
  replace(anew: string): Promise<unknown>;
}

/**
 * Encrypts anew, with the newest key, what an older one encrypted: after a start with both, the older key
 * may go. What can't be read with any key is left as it is.
 */
export async function rotateSecrets(stores: SecretStores, vault: Vault): Promise<void> {
  for await (const secrets of storedSecrets(stores)) {
    await Promise.all(secrets.map((secret) => rotate(secret, vault)));
  }
}

/** Every secret that is kept for longer than a login lasts, some at a time. */
export async function* storedSecrets({
  access,
  sessions,
  sources,
}: SecretStores): AsyncGenerator<readonly StoredSecret[]> {
  yield (await access.proxies()).flatMap(({ id, pass: token }) =>
    token === null
      ? []
      : [{ token, context: PROXY_PASSWORD, replace: (anew: string) => access.saveProxyPass(id, anew) }],
  );
  for await (const rows of pages((after) => sessions.apiHashes(after, PAGE))) {
    yield rows.map(({ id, apiHash: token }) => ({
      ...{ token, context: SESSION_API_HASH },
      replace: (anew: string) => sessions.saveApiHash(id, anew),
    }));
  }
  for await (const rows of pages((after) => sessions.keptCredentials(after, PAGE))) {
    yield rows.map(({ id, credentials: token }) => ({
      ...{ token, context: SESSION_CREDENTIALS },
      replace: (anew: string) => sessions.replaceCredentials(id, token, anew),
    }));
  }
  for await (const rows of pages((after) => sources.secrets(after, PAGE))) {
    yield rows.flatMap((source) =>
      SOURCE_SECRETS.flatMap((name) => {
        const token = source[name];
        const replace = (anew: string) => sources.replaceSecret(source.id, name, token ?? '', anew);
        return token === null ? [] : [{ token, context: SOURCE_CONTEXTS[name], replace }];
      }),
    );
  }
}

/** All rows, a page at a time. */
async function* pages<Row extends { readonly id: number }>(
  rows: (afterId: number) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  for (let after = 0; ; ) {
    const found = await rows(after);
    const last = found.at(-1);
    if (!last) return;
    after = last.id;
    yield found;
  }
}

async function rotate({ token, context, replace }: StoredSecret, vault: Vault): Promise<void> {
  if (vault.isCurrent(token)) return;
  const readable = await vault.decrypt(token, context).catch(() => null);
  if (readable !== null) await replace(await vault.encrypt(readable, context));
}
