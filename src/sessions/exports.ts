import { Conflict } from '../errors.js';
import { encodeSessionString, type StringFormat } from '../intake/formats/session_string.js';
import type { AccountAccesses } from './account_access.js';
import { withIdsOf } from './credentials.js';
import type { SessionRecord } from './store.js';
import type { StoredCredentials } from './stored_credentials.js';

export interface ExportParts {
  readonly accesses: AccountAccesses;
  readonly stored: StoredCredentials;
}

/** Hands sessions out in the forms that clients read. */
export class SessionExports {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  /** @throws Conflict `credentials_unreadable`, or where that format can't say it. */
  async string(session: SessionRecord, format: StringFormat): Promise<string> {
    const credentials = withIdsOf(session, await this.#parts.accesses.credentials(session));
    try {
      return encodeSessionString(credentials, format);
    } catch (error) {
      const message = `No ${format} string can say this session: ${error instanceof Error ? error.message : error}`;
      throw new Conflict({ error: 'not_exportable', message, session_id: session.id });
    }
  }

  /** A Telethon session file: the session's own, or one made of it. @throws Conflict `credentials_unreadable`. */
  async file(session: SessionRecord): Promise<Buffer> {
    const credentials = await this.#parts.accesses.credentials(session);
    const own = session.format === 'telethon' ? session.file : null;
    return this.#parts.stored.file({ file: own }, credentials);
  }
}
