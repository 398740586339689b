import { Conflict } from '../errors.js';
import {
  type Credentials,
  encodeSessionString,
  type StringFormat,
} from '../intake/formats/session_string.js';
import { UserIdUnknown } from '../pool/outcomes.js';
import type { AccountAccesses } from './account_access.js';
import type { SessionChecks } from './checks.js';
import { lacksUserId, withIdsOf } from './credentials.js';
import type { SessionRecord } from './store.js';
import type { StoredCredentials } from './stored_credentials.js';

export interface ExportParts {
  readonly accesses: AccountAccesses;
  readonly stored: StoredCredentials;
  readonly checks: Pick<SessionChecks, 'check'>;
}

/** Hands sessions out in the forms that clients read. */
export class SessionExports {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  /**
   * Asks Telegram whose session it is where the format says it and nobody knows.
   * @throws Conflict `credentials_unreadable`, or where that format can't say it; UserIdUnknown; as a check.
   */
  async string(session: SessionRecord, format: StringFormat): Promise<string> {
    const read = withIdsOf(session, await this.#parts.accesses.credentials(session));
    const credentials = lacksUserId(read, format) ? await this.#identified(session, read) : read;
    try {
      return encodeSessionString(credentials, format);
    } catch (error) {
      const message = `No ${format} string can say this session: ${error instanceof Error ? error.message : error}`;
      throw new Conflict({ error: 'not_exportable', message, session_id: session.id });
    }
  }

  async #identified({ id, name }: SessionRecord, credentials: Credentials): Promise<Credentials> {
    const { account, error } = await this.#parts.checks.check(id);
    if (!account) throw new UserIdUnknown(id, name, error);
    return { ...credentials, userId: account.id, isBot: account.isBot };
  }

  /** A Telethon session file: the session's own, or one made of it. @throws Conflict `credentials_unreadable`. */
  async file(session: SessionRecord): Promise<Buffer> {
    const credentials = await this.#parts.accesses.credentials(session);
    const own = session.format === 'telethon' ? session.file : null;
    return this.#parts.stored.file({ file: own }, credentials);
  }
}
