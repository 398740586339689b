import { BadRequest, Conflict } from '../errors.js';
import { isTestAddress } from '../intake/formats/addresses.js';
import type { Credentials } from '../intake/formats/session_string.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { AccountAccess } from '../telegram/gateway.js';
import type { SessionRecord } from './store.js';
import type { StoredCredentials } from './stored_credentials.js';

export interface AccountAccessParts {
  readonly stored: StoredCredentials;
  /** The proxy with its password readable. */
  readonly openProxy: (id: number) => Promise<ProxyAddress | null>;
  /** The configured application; null: none. */
  readonly apiId: number | null;
}

/** Finds what it takes to speak as a session's account. */
export class AccountAccesses {
  readonly #parts: AccountAccessParts;

  constructor(parts: AccountAccessParts) {
    this.#parts = parts;
  }

  /** @throws Conflict `credentials_unreadable`; BadRequest where no application is known. */
  async of(session: SessionRecord, withinSeconds: number | null): Promise<AccountAccess> {
    const { dcId, serverAddress, authKey, apiId: ownApiId } = await this.credentials(session);
    const apiId = session.apiId ?? ownApiId ?? this.#parts.apiId;
    if (apiId === null)
      throw new BadRequest(
        `api_id: none is known for ${session.name}; set TELEGRAM_API_ID and TELEGRAM_API_HASH`,
      );
    const proxy = session.proxyId === null ? null : await this.#parts.openProxy(session.proxyId);
    const key = { dcId, test: isTestAddress(dcId, serverAddress), authKey };
    return { key, apiId, proxy, withinSeconds };
  }

  /** What it takes to be the session's account. @throws Conflict `credentials_unreadable`. */
  async credentials(session: SessionRecord): Promise<Credentials> {
    const credentials = await this.#parts.stored.of(session);
    if (credentials) return credentials;
    const { id, name, file, jsonFile } = session;
    const hasFiles = file !== null || jsonFile !== null;
    const message = `No session can be read from ${hasFiles ? 'the files' : 'the row'} of ${name}`;
    throw new Conflict({ error: 'credentials_unreadable', message, session_id: id, session_name: name });
  }
}
