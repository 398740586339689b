import { authKeyDigest } from '../intake/formats/session_string.js';
import type { Clock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import { TelegramRefused } from '../telegram/errors.js';
import { type Check, checkWithoutAsking, refusedCheck } from './check_results.js';
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
   * Asks Telegram. A session that Telegram rejects leaves the pool with the reason; a network error, timeout or flood
   * says nothing about it. @throws NotFound; Conflict `session_in_use`; TooMany, BadGateway, GatewayTimeout.
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
    const { account, authKey } = await ownLeases.withAccount(session, work, async ({ account, access }) => ({
      account: await account.whoAmI(),
      authKey: access.key.authKey,
    }));
    const { id: userId, phoneNumber } = account;
    await sessions.checked(session.id, { userId, ...(phoneNumber && { phoneNumber }) }, clock.now());
    return { isValid: true, status: 'active', error: null, account, authKeySha256: authKeyDigest(authKey) };
  }
}
