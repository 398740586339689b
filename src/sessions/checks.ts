import { SecretUnreadable } from '../access/vault.js';
import { authKeyDigest } from '../intake/formats/session_string.js';
import type { Clock } from '../kernel/clock.js';
import { Conflict, NotFound } from '../kernel/errors.js';
import { judgeTelegramError } from '../pool/telegram_error_verdicts.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { Account } from '../telegram/gateway.js';
import type { OwnLeases } from './own_lease.js';
import type { SessionRecord, SessionStore } from './store.js';

/** How long one connection may take to find out whether a session is valid, in seconds. */
const CHECK_SECONDS = 25;

export interface CheckParts {
  readonly sessions: SessionStore;
  readonly ownLeases: OwnLeases;
  readonly clock: Clock;
}

/** Whether Telegram accepts a session. */
export interface Check {
  readonly isValid: boolean;
  /** `active`, or why it is not valid: `dead`, `invalid`, `missing`, … */
  readonly status: string;
  readonly error: string | null;
  /** Its account; null: not valid, or not asked. */
  readonly account: Account | null;
  /** The auth key that Telegram accepted, in lower-case hex of its SHA-256; null: it accepted none. */
  readonly authKeySha256: string | null;
}

/** States in which a session is not valid, whatever Telegram would say. */
const OUT_OF_POOL = new Set(['dead', 'invalid', 'missing', 'duplicate']);

/** Asks Telegram whether sessions are valid. */
export class SessionChecks {
  readonly #parts: CheckParts;

  constructor(parts: CheckParts) {
    this.#parts = parts;
  }

  /**
   * Asks Telegram. A session that Telegram rejects leaves the pool with the reason; a network error, timeout or flood
   * says nothing about it. @throws NotFound; Conflict `session_in_use`; TooMany, BadGateway, GatewayTimeout.
   */
  async check(id: number): Promise<Check> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session');
    if (OUT_OF_POOL.has(session.state)) return notValid(session.state, session.stateReason ?? session.state);
    try {
      return await this.#ask(session);
    } catch (error) {
      const refused = refusedCheck(error);
      if (refused === null) throw error;
      if (error instanceof TelegramRefused)
        await this.#parts.sessions.checked(id, {}, this.#parts.clock.now());
      return refused;
    }
  }

  async #ask(session: SessionRecord): Promise<Check> {
    const { ownLeases, sessions, clock } = this.#parts;
    const work = { method: 'users.getUsers', seconds: CHECK_SECONDS };
    const { account, authKey } = await ownLeases.withAccount(session, work, async ({ account, access }) => ({
      account: await account.whoAmI(),
      authKey: access.key.authKey,
    }));
    const { id: userId, phoneNumber } = account;
    await sessions.checked(session.id, { userId, ...(phoneNumber && { phoneNumber }) }, clock.now());
    return { isValid: true, status: 'active', error: null, account, authKeySha256: authKeyDigest(authKey) };
  }
}

/**
 * The check result that this error means; null: it does not tell whether the session is valid, like a network error,
 * a flood, a frozen account or the wrong data centre.
 */
export function refusedCheck(error: unknown): Check | null {
  if (error instanceof TelegramRefused) {
    const { effect } = judgeTelegramError(error.telegramError, error.method);
    if (effect.kind === 'none' || effect.kind === 'flood') return null;
    return notValid(effect.kind === 'invalidate' ? 'invalid' : 'dead', error.telegramError);
  }
  const unreadable = error instanceof Conflict && error.code === 'credentials_unreadable';
  if (!unreadable && !(error instanceof SecretUnreadable)) return null;
  return notValid('unreadable', error.message);
}

function notValid(status: string, error: string): Check {
  return { isValid: false, status, error, account: null, authKeySha256: null };
}
