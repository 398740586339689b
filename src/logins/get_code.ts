import { relative, resolve } from 'node:path';
import type { SessionsDirectory } from '../intake/session_files.js';
import type { SessionChecks } from '../sessions/checks.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import type { StoredCredentials } from '../sessions/stored_credentials.js';
import { parsePhoneNumber } from './refusals.js';
import type { CodeSent, LoginService } from './service.js';

export interface GetCodeParts {
  readonly logins: LoginService;
  readonly sessions: SessionStore;
  readonly checks: SessionChecks;
  readonly stored: Pick<StoredCredentials, 'fileHolding'>;
  /** Null: other replicas sync the session files. */
  readonly directory: SessionsDirectory | null;
  /** SESSIONS_DIR, absolute. */
  readonly sessionsDir: string;
}

/** Either a session that Telegram accepts, or that a login code was sent. */
export type CodeOrSession =
  | {
      readonly kind: 'session_exists';
      readonly phoneNumber: string;
      /** Decimal digits. */
      readonly accountId: string;
      /**
       * The file with the session that Telegram accepted; relative to SESSIONS_DIR if this replica has none. Null:
       * there is none.
       */
      readonly sessionFile: string | null;
    }
  | ({ readonly kind: 'code_sent' } & CodeSent);

/** Sends a code only if there is no valid session. */
export class GetCodeService {
  readonly #parts: GetCodeParts;

  constructor(parts: GetCodeParts) {
    this.#parts = parts;
  }

  /**
   * @throws BadRequest for an invalid phone number; Conflict while the phone number's session is in use; what sending
   * a code throws.
   */
  async codeFor(phone: string, holder: string): Promise<CodeOrSession> {
    const { logins, sessions, directory } = this.#parts;
    const phoneNumber = parsePhoneNumber(phone);
    // Files that were just added count.
    await directory?.sync.sync({ only: [phoneNumber.slice(1), phoneNumber] });
    for (const session of await sessions.ofPhone(phoneNumber)) {
      const found = await this.#check(session, phoneNumber);
      if (found) return found;
    }
    return { kind: 'code_sent', ...(await logins.sendCode({ phoneNumber, sessionName: null }, holder)) };
  }

  /** Null: Telegram does not accept it. */
  async #check(session: SessionRecord, phoneNumber: string): Promise<CodeOrSession | null> {
    const { checks, stored, directory } = this.#parts;
    const { account, authKeySha256 } = await checks.check(session.id);
    if (account === null || authKeySha256 === null) return null;
    const found = { kind: 'session_exists', phoneNumber, accountId: account.id } as const;
    // The files can only be read where they are.
    if (!directory) return { ...found, sessionFile: session.file ?? session.jsonFile };
    const file = await stored.fileHolding(session, authKeySha256);
    return { ...found, sessionFile: file && this.#fromHere(file) };
  }

  #fromHere(file: string): string {
    const path = resolve(this.#parts.sessionsDir, file);
    const fromHere = relative(process.cwd(), path);
    return fromHere.startsWith('..') ? path : fromHere;
  }
}
