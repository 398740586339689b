import { authKeyDigest } from '../intake/formats/session_string.js';
import type { Clock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import type { Freeze } from '../pool/store.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { AccountFreeze } from '../telegram/gateway.js';
import { type Check, checkWithoutAsking, frozenMessage, refusedCheck } from './check_results.js';
import type { OwnLeases } from './own_lease.js';
import type { SessionRecord, SessionStore } from './store.js';

/** How long one connection may take to find out whether a session is valid, in seconds. */
const CHECK_SECONDS = 25;

export interface CheckParts {
  readonly sessions: SessionStore;
  readonly ownLeases: OwnLeases;
  readonly clock: Clock;
}

/** Asks Telegram whether sessions are valid. */
export class SessionChecks {
  readonly #parts: CheckParts;

  constructor(parts: CheckParts) {
    this.#parts = parts;
  }

  /**
   * Asks Telegram. A session that Telegram rejects leaves the pool with the reason, and so does one whose account is
   * frozen, although Telegram accepts it; a network error, timeout or flood says nothing about it. @throws NotFound;
   * Conflict `session_in_use`; TooMany, BadGateway, GatewayTimeout.
   */
  async check(id: number): Promise<Check> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session');
    const known = checkWithoutAsking(session);
    if (known !== null) return known;
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
    const asked = await ownLeases.withAccount(session, work, async ({ account, access, lease }) => {
      const who = await account.whoAmI();
      const found = await account.freeze();
      const { id: userId, phoneNumber } = who;
      // Before its lease ends: a frozen session must not be free for a moment.
      const identity = { userId, ...(phoneNumber && { phoneNumber }), freeze: freezeOf(found) };
      await sessions.checked(lease.sessionId, identity, clock.now());
      return { account: who, found, authKey: access.key.authKey };
    });
    const { account, found, authKey } = asked;
    const valid = { isValid: true, account, authKeySha256: authKeyDigest(authKey) };
    if (found !== null) return { ...valid, status: 'frozen', error: frozenMessage(found) };
    return { ...valid, status: session.condition === 'limited' ? 'limited' : 'active', error: null };
  }
}

/** A freeze as the pool keeps it, in milliseconds. */
function freezeOf(found: AccountFreeze | null): Freeze | null {
  if (found === null) return null;
  const { since, until, appealUrl } = found;
  return { reason: 'ACCOUNT_FROZEN', since: since * 1000, until: until && until * 1000, appealUrl };
}
