import type { State } from './database.js';

/** How a code is sent (core.telegram.org/type/auth.SentCodeType). */
export type CodeType = 'app' | 'sms' | 'call';

/** A pending code. Times in milliseconds since 1970. */
export interface SentCode {
  readonly phoneCodeHash: string;
  readonly phone: string;
  readonly code: string;
  /** The auth key that requested it, the only one that may use it. */
  readonly keyId: string;
  readonly type: CodeType;
  readonly sentAt: number;
  readonly expiresAt: number;
}

const columns =
  'phone_code_hash AS phoneCodeHash, phone, code, key_id AS keyId, type, sent_at AS sentAt, expires_at AS expiresAt';

/** Pending codes. */
export class Codes {
  constructor(readonly state: State) {}

  /** Also deletes what has been expired for a day. */
  save(sent: SentCode): void {
    this.state.prepare('DELETE FROM codes WHERE expires_at < ?').run(sent.sentAt - 86_400_000);
    this.state
      .prepare(
        `INSERT OR REPLACE INTO codes (phone_code_hash, phone, code, key_id, type, sent_at, expires_at)
         VALUES (@phoneCodeHash, @phone, @code, @keyId, @type, @sentAt, @expiresAt)`,
      )
      .run(sent);
  }

  find(phone: string, phoneCodeHash: string): SentCode | null {
    const select = `SELECT ${columns} FROM codes WHERE phone = ? AND phone_code_hash = ?`;
    return this.state.prepare<[string, string], SentCode>(select).get(phone, phoneCodeHash) ?? null;
  }

  /** The newest one sent to `phone`, expired or not. */
  latest(phone: string): SentCode | null {
    const select = `SELECT ${columns} FROM codes WHERE phone = ? ORDER BY sent_at DESC LIMIT 1`;
    return this.state.prepare<[string], SentCode>(select).get(phone) ?? null;
  }

  remove(phoneCodeHash: string): void {
    this.state.prepare('DELETE FROM codes WHERE phone_code_hash = ?').run(phoneCodeHash);
  }
}
