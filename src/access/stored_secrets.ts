import { pagesByKey } from '../kernel/page.js';
import type { AccessStore } from './store.js';
import {
  PROXY_PASSWORD,
  SESSION_API_HASH,
  SESSION_CREDENTIALS,
  SOURCE_API_HASH,
  SOURCE_BOT_SESSION,
  SOURCE_BOT_TOKEN,
  type Vault,
} from './vault.js';

/** How many rows are read at once. */
const PAGE = 500;

/** The context of each secret of a source. */
const SOURCE_SECRETS = {
  apiHash: SOURCE_API_HASH,
  botToken: SOURCE_BOT_TOKEN,
  botSession: SOURCE_BOT_SESSION,
} as const;
type SourceSecret = keyof typeof SOURCE_SECRETS;

/** A row with an encrypted value under each of these names; null: it has none. */
type Row<Names extends string, Value = string> = { readonly id: number } & Readonly<Record<Names, Value>>;

/** Where secrets are stored. Pages of rows come by their ids, those after `afterId`. */
export interface SecretStores {
  readonly access: AccessStore;
  readonly sessions: {
    apiHashes(afterId: number, limit: number): Promise<Row<'apiHash'>[]>;
    saveApiHash(id: number, anew: string): Promise<unknown>;
    keptCredentials(afterId: number, limit: number): Promise<Row<'credentials'>[]>;
    replaceCredentials(id: number, before: string, anew: string): Promise<unknown>;
  };
  readonly sources: {
    secrets(afterId: number, limit: number): Promise<Row<SourceSecret, string | null>[]>;
    replaceSecret(id: number, name: SourceSecret, before: string, anew: string): Promise<unknown>;
  };
}

/** A secret as it is stored. */
export interface StoredSecret {
  readonly token: string;
  readonly context: string;
  /** Stores the same secret, encrypted again, unless another one is there by now. */
  replace(anew: string): Promise<unknown>;
}

/**
 * Encrypts again, with the newest key, what an older one encrypted: after a start with both, the older key may be
 * removed. What no key decrypts is left as it is. `onPage` is told of each page; what it throws ends it there.
 */
export async function rotateSecrets(
  stores: SecretStores,
  vault: Vault,
  onPage: (secrets: number) => void = () => undefined,
): Promise<void> {
  for await (const secrets of storedSecrets(stores)) {
    await Promise.all(secrets.map((secret) => rotate(secret, vault)));
    onPage(secrets.length);
  }
}

/** Every secret that is kept for longer than a login lasts, a page at a time. */
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
  for await (const rows of pagesByKey((after, limit) => sessions.apiHashes(after, limit), idOf, PAGE)) {
    yield rows.map(({ id, apiHash: token }) => ({
      ...{ token, context: SESSION_API_HASH },
      replace: (anew: string) => sessions.saveApiHash(id, anew),
    }));
  }
  for await (const rows of pagesByKey((after, limit) => sessions.keptCredentials(after, limit), idOf, PAGE)) {
    yield rows.map(({ id, credentials: token }) => ({
      ...{ token, context: SESSION_CREDENTIALS },
      replace: (anew: string) => sessions.replaceCredentials(id, token, anew),
    }));
  }
  for await (const rows of pagesByKey((after, limit) => sources.secrets(after, limit), idOf, PAGE)) {
    yield rows.flatMap((source) =>
      Object.entries(SOURCE_SECRETS).flatMap(([key, context]) => {
        const name = key as SourceSecret;
        const token = source[name];
        const replace = (anew: string) => sources.replaceSecret(source.id, name, token ?? '', anew);
        return token === null ? [] : [{ token, context, replace }];
      }),
    );
  }
}

function idOf({ id }: { readonly id: number }): number {
  return id;
}

async function rotate({ token, context, replace }: StoredSecret, vault: Vault): Promise<void> {
  if (vault.isCurrent(token)) return;
  const readable = await vault.decrypt(token, context).catch(() => null);
  if (readable !== null) await replace(await vault.encrypt(readable, context));
}
