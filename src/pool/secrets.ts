import type { Lease, StoredProxy } from './store.js';

/** What a worker without the shared disk needs beside the lease. */
export interface LeaseCredentials {
  readonly session_string: string;
  /** The session file in base64; null where the session is a JSON file. */
  readonly session_data?: string | null;
}

/** The secrets that go out with a lease: the session itself, and its proxy's password. */
export interface LeaseSecrets {
  /** @throws Conflict when the session can't be read; SecretUnreadable where no key opens it. */
  ofLease(
    lease: Lease,
    as: 'string' | 'file',
    format: 'telethon' | 'gramjs' | 'pyrogram',
  ): Promise<LeaseCredentials>;
  /** The proxy with its password readable. @throws SecretUnreadable. */
  proxy(stored: StoredProxy): Promise<StoredProxy>;
}
