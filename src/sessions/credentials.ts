import { LRUCache } from 'lru-cache';
import { decryptedOr, PROXY_PASSWORD, type Vault } from '../access/vault.js';
import {
  type Credentials,
  encodeSessionString,
  type StringFormat,
} from '../intake/formats/session_string.js';
import { BadRequest, Conflict } from '../kernel/errors.js';
import type { ProxyAddress, StoredProxy } from '../kernel/proxy.js';
import type { LeaseCredentials, LeaseSecrets } from '../pool/lease_answer.js';
import { UserIdUnknown } from '../pool/outcomes.js';
import type { Lease } from '../pool/store.js';
import type { AccountAccess } from '../telegram/gateway.js';
import { isTestAddress } from '../telegram/network.js';
import type { SessionRecord } from './store.js';
import type { StoredCredentials } from './stored_credentials.js';

/** Gives workers the credentials of the sessions that they lease. */
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
      `the password of its proxy (${host}:${port}) can't be decrypted with the current keys: ` +
      'set its proxy again and restore it, or add the older key to ENCRYPTION_KEYS';
    return decryptedOr(this.#vault.decrypt(pass, PROXY_PASSWORD), () => ({
      error: 'proxy_unreadable',
      message,
    }));
  }
}

export interface AccountAccessParts {
  readonly stored: StoredCredentials;
  /** The proxy, its password decrypted; null: there is no such proxy. */
  readonly openProxy: (id: number) => Promise<ProxyAddress | null>;
  /** The configured application; null: none. */
  readonly apiId: number | null;
}

/** Finds what it takes to connect as a session's account. */
export class AccountAccesses {
  readonly #parts: AccountAccessParts;

  constructor(parts: AccountAccessParts) {
    this.#parts = parts;
  }

  /** @throws Conflict `credentials_unreadable`; BadRequest if no application is known. */
  async of(session: SessionRecord, withinSeconds: number | null): Promise<AccountAccess> {
    const { dcId, serverAddress, authKey, apiId: ownApiId } = await this.credentials(session);
    const apiId = session.apiId ?? ownApiId ?? this.#parts.apiId;
    if (apiId === null)
      throw new BadRequest(
        `api_id: none is known for ${session.name}; set TELEGRAM_API_ID and TELEGRAM_API_HASH`,
        { code: 'application_required', field: 'api_id' },
      );
    const proxy = session.proxyId === null ? null : await this.#parts.openProxy(session.proxyId);
    const key = { dcId, test: isTestAddress(dcId, serverAddress), authKey };
    return { key, apiId, proxy, withinSeconds };
  }

  /** The session's credentials. @throws Conflict `credentials_unreadable`. */
  async credentials(session: SessionRecord): Promise<Credentials> {
    const credentials = await this.#parts.stored.of(session);
    if (credentials) return credentials;
    const { id, name, file, jsonFile } = session;
    const hasFiles = file !== null || jsonFile !== null;
    const message = `No session can be read from ${hasFiles ? 'the files' : 'the row'} of ${name}`;
    throw new Conflict({ error: 'credentials_unreadable', message, session_id: id, session_name: name });
  }
}

/** The credentials; ids that the session's files lack are taken from the row. */
export function withIdsOf(row: Pick<Lease, 'userId' | 'apiId'>, credentials: Credentials): Credentials {
  const { userId, apiId } = credentials;
  return { ...credentials, userId: userId ?? row.userId, apiId: apiId ?? row.apiId };
}

/** Whether the format needs the user's id, and it is unknown. */
export function lacksUserId({ userId }: Credentials, format: StringFormat): boolean {
  return format === 'pyrogram' && userId === null;
}

/** The session string. @throws UserIdUnknown; Conflict if the format can't express the session. */
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
