import { LRUCache } from 'lru-cache';
import { PROXY_PASSWORD } from '../access/default_proxy.js';
import type { Vault } from '../access/vault.js';
import { Conflict } from '../errors.js';
import { encodeSessionString, type StringFormat } from '../intake/formats/session_string.js';
import type { Scanner } from '../intake/scanner.js';
import type { Lease, StoredProxy } from './store.js';

/** What a worker without the shared disk needs beside the lease. */
export interface LeaseCredentials {
  readonly session_string: string;
  /** The session file in base64; null where the session is not one. */
  readonly session_data?: string | null;
}

/** The secrets that go out with a lease: the session itself, and its proxy's password. */
export class CredentialsService {
  readonly #scanner: Scanner;
  readonly #vault: Vault;
  readonly #passwords = new LRUCache<string, string>({ max: 10_000 });

  constructor(scanner: Scanner, vault: Vault) {
    this.#scanner = scanner;
    this.#vault = vault;
  }

  /** Reads the session. @throws Conflict when its file can't be read as one. */
  async ofLease(lease: Lease, as: 'string' | 'file', format: StringFormat): Promise<LeaseCredentials> {
    const credentials = await this.#scanner.credentials(lease.file, lease.jsonFile).catch(() => null);
    if (!credentials) throw unreadable(lease);
    const sessionString = { session_string: encodeSessionString(credentials, format) };
    if (as === 'string') return sessionString;
    const data = lease.file === null ? null : await this.#scanner.fileBytes(lease.file).catch(() => null);
    if (lease.file !== null && !data) throw unreadable(lease);
    return { ...sessionString, session_data: data?.toString('base64') ?? null };
  }

  /** The proxy with its password readable. */
  async proxy(stored: StoredProxy | null): Promise<StoredProxy | null> {
    if (stored?.pass == null) return stored;
    const known = this.#passwords.get(stored.pass);
    const pass = known ?? (await this.#vault.decrypt(stored.pass, PROXY_PASSWORD));
    if (known === undefined) this.#passwords.set(stored.pass, pass);
    return { ...stored, pass };
  }
}

function unreadable(lease: Lease): Conflict {
  return new Conflict({
    error: 'credentials_unreadable',
    session_id: lease.sessionId,
    session_name: lease.sessionName,
  });
}
