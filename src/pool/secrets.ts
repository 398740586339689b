import { Conflict } from '../errors.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { Lease } from './store.js';

/** A session can't be told in a format that names its user: nobody knows who that is. */
export class UserIdUnknown extends Conflict {
  /** `reason`: why Telegram did not tell; null: it was not asked. */
  constructor(id: number, name: string, reason: string | null) {
    const why = reason === null ? '' : `; Telegram was asked: ${reason}`;
    const message = `The user id of ${name} is not known, and a Pyrogram string holds it${why}. Ask for another format, or test the session first (POST /sessions/${id}/test)`;
    super({ error: 'user_id_unknown', message, session_id: id, session_name: name });
  }
}

/** What a worker without the shared disk needs beside the lease. */
export interface LeaseCredentials {
  readonly session_string: string;
  /** The session file in base64; null where the session is a JSON file. */
  readonly session_data?: string | null;
}

/** The secrets that go out with a lease: the session itself, and its proxy's password. */
export interface LeaseSecrets {
  /** @throws Conflict when the session can't be read; SecretUnreadable where no key opens it; UserIdUnknown. */
  ofLease(
    lease: Lease,
    as: 'string' | 'file',
    format: 'telethon' | 'gramjs' | 'pyrogram',
  ): Promise<LeaseCredentials>;
  /** The proxy with its password readable. @throws SecretUnreadable. */
  proxy(stored: StoredProxy): Promise<StoredProxy>;
}
