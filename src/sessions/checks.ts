import { SecretUnreadable } from '../access/vault.js';
import type { Clock } from '../clock.js';
import { Conflict, NotFound } from '../errors.js';
import { authKeyDigest } from '../intake/formats/auth_key.js';
import { judgeTelegramError } from '../pool/telegram_error_verdicts.js';
import { withAccountBelieved } from '../telegram/believed.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { Account, TelegramGateway } from '../telegram/gateway.js';
import type { AccountAccesses } from './account_access.js';
import type { OwnLease } from './own_lease.js';
import type { SessionRecord, SessionStore } from './store.js';

/** How long Telegram may take to say whether a session is valid, in seconds. */
const CHECK_SECONDS = 25;

export interface CheckParts {
  readonly sessions: SessionStore;
  readonly ownLease: OwnLease;
  readonly accesses: AccountAccesses;
  readonly gateway: TelegramGateway;
  readonly clock: Clock;
}

/** Whether Telegram accepts a session. */
export interface Check {
  readonly isValid: boolean;
  /** `active`, or why it is not valid: `dead`, `invalid`, `missing`, … */
  readonly status: string;
  readonly error: string | null;
  /** Whose it is; null: not valid, or not asked. */
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
   * Asks Telegram. One that it disowns leaves the pool with its reason; a network error, a time-out or a
   * flood says nothing of it. @throws NotFound; Conflict `session_in_use`; TooMany, BadGateway, GatewayTimeout.
   */
  async check(id: number): Promise<Check> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session not found');
    if (OUT_OF_POOL.has(session.state)) return notValid(session.state, session.stateReason ?? session.state);
    try {
      return await this.#ask(session);
    } catch (error) {
      if (error instanceof TelegramRefused) return this.#refused(id, error);
      const unreadable = error instanceof Conflict && error.detail.error === 'credentials_unreadable';
      if (unreadable || error instanceof SecretUnreadable) return notValid('unreadable', error.message);
      throw error;
    }
  }

  async #ask(session: SessionRecord): Promise<Check> {
    const { ownLease, accesses, gateway, sessions, clock } = this.#parts;
    const work = { method: 'users.getUsers', seconds: 2 * CHECK_SECONDS };
    const { account, authKey } = await ownLease.during(session.id, work, async () => {
      const access = await accesses.of(session, CHECK_SECONDS);
      const account = await withAccountBelieved(gateway, access, (connected) => connected.whoAmI());
      return { account, authKey: access.key.authKey };
    });
    const { id: userId, phoneNumber } = account;
    await sessions.checked(session.id, { userId, ...(phoneNumber && { phoneNumber }) }, clock.now());
    return { isValid: true, status: 'active', error: null, account, authKeySha256: authKeyDigest(authKey) };
  }

  /** What else Telegram objects to (a frozen account, the wrong data centre) is no word on its validity. */
  async #refused(id: number, error: TelegramRefused): Promise<Check> {
    const { effect } = judgeTelegramError(error.telegramError, error.method);
    if (effect.kind === 'none' || effect.kind === 'flood') throw error;
    const { sessions, clock } = this.#parts;
    await sessions.checked(id, {}, clock.now());
    return notValid(effect.kind === 'invalidate' ? 'invalid' : 'dead', error.telegramError);
  }
}

function notValid(status: string, error: string): Check {
  return { isValid: false, status, error, account: null, authKeySha256: null };
}
