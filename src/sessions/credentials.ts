import { LRUCache } from 'lru-cache';
import { decryptedOr, PROXY_PASSWORD, type Vault } from '../access/vault.js';
import { Conflict } from '../errors.js';
import {
  type Credentials,
  encodeSessionString,
  type StringFormat,
} from '../intake/formats/session_string.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { LeaseCredentials, LeaseSecrets } from '../pool/acquire_routes.js';
import { UserIdUnknown } from '../pool/outcomes.js';
import type { Lease } from '../pool/store.js';
import type { StoredCredentials } from './stored_credentials.js';

/** Gives sessions to their workers, and opens what the vault closed. */
export class CredentialsService implements LeaseSecrets {
  readonly #stored: StoredCredentials;
  readonly #vault: Vault;
  readonly #passwords = new LRUCache<string, string>({ max: 10_000 });

  constructor(stored: StoredCredentials, vault: Vault) {
    this.#stored = stored;
    this.#vault = vault;
  }

  async ofLease(lease: Lease, as: 'string' | 'file', format: StringFormat): Promise<LeaseCredentials> {
    const { sessionId: id, file, jsonFile } = lease;
    const credentials = await this.#stored.of({ id, file, jsonFile });
    if (!credentials) throw unreadable(lease);
    const sessionString = { session_string: encoded(lease, credentials, format) };
    if (as === 'string') return sessionString;
    const isJson = file === null && jsonFile !== null;
    const data = isJson ? null : await this.#stored.file({ file }, credentials);
    return { ...sessionString, session_data: data?.toString('base64') ?? null };
  }

  async proxy(stored: StoredProxy): Promise<StoredProxy> {
    if (stored.pass === null) return stored;
    const known = this.#passwords.get(stored.pass);
    const pass = known ?? (await this.#open(stored, stored.pass));
    if (known === undefined) this.#passwords.set(stored.pass, pass);
    return { ...stored, pass };
  }

  #open({ host, port }: StoredProxy, pass: string): Promise<string> {
    const message =
      `the password of its proxy (${host}:${port}) can't be decrypted with the keys in use: ` +
      'set its proxy again and restore it, or give the older key in ENCRYPTION_KEYS, too';
    return decryptedOr(this.#vault.decrypt(pass, PROXY_PASSWORD), () => ({
      error: 'proxy_unreadable',
      message,
    }));
  }
}

/** What a session's files have no room for is taken from its row. */
export function withIdsOf(row: Pick<Lease, 'userId' | 'apiId'>, credentials: Credentials): Credentials {
  const { userId, apiId } = credentials;
  return { ...credentials, userId: userId ?? row.userId, apiId: apiId ?? row.apiId };
}

/** Whether the format names the user, and nobody knows who that is. */
export function lacksUserId({ userId }: Credentials, format: StringFormat): boolean {
  return format === 'pyrogram' && userId === null;
}

/** A session may lack what a format needs to say. */
function encoded(lease: Lease, read: Credentials, format: StringFormat): string {
  const credentials = withIdsOf(lease, read);
  if (lacksUserId(credentials, format)) throw new UserIdUnknown(lease.sessionId, lease.sessionName, null);
  try {
    return encodeSessionString(credentials, format);
  } catch {
    throw unreadable(lease);
  }
}

function unreadable(lease: Lease): Conflict {
  return new Conflict({
    error: 'credentials_unreadable',
    session_id: lease.sessionId,
    session_name: lease.sessionName,
  });
}
