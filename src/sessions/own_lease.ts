import type { Clock } from '../clock.js';
import { Conflict, NotFound, type TeleGateError, TooMany, Unavailable } from '../errors.js';
import type { Caller } from '../pool/lease_authorization.js';
import { SessionsDirectoryGone } from '../pool/outcomes.js';
import type { PoolService } from '../pool/service.js';
import type { Lease } from '../pool/store.js';
import { isTelegramsWord } from '../telegram/errors.js';
import { sessionInUse } from './in_use.js';
import type { SessionRecord, SessionStore } from './store.js';

/** Who holds the sessions that the service works with itself. */
export const OWN_HOLDER = 'telegate';

/** The service itself, as the holder of a lease. */
export function ownCaller(leaseId: string): Caller {
  return { holder: OWN_HOLDER, admin: false, leaseId, address: null, leaseIds: 'required' };
}

/** So much longer than its work does a lease last, in seconds: it must never run out before. */
const MARGIN_SECONDS = 30;

export interface OwnLeaseParts {
  readonly pool: PoolService;
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/** What the service wants a session for. */
export interface OwnWork {
  /** Telegram's method, such as `users.getUsers`: a session flooded for others will do. Null: none is called. */
  readonly method: string | null;
  /** How long the work may take. */
  readonly seconds: number;
}

/**
 * Leases sessions for what the service does itself, like any worker: Telegram never sees a session twice at
 * once.
 */
export class OwnLease {
  readonly #parts: OwnLeaseParts;

  constructor(parts: OwnLeaseParts) {
    this.#parts = parts;
  }

  /**
   * Runs the work while nobody else has the session; what Telegram says against it is recorded like a
   * worker's report. @throws NotFound; Conflict `session_in_use` or `session_unavailable`; TooMany while it
   * waits for a flood to end; SessionsDirectoryGone; what the work throws.
   */
  async during<Result>(
    sessionId: number,
    { method, seconds }: OwnWork,
    work: (lease: Lease) => Promise<Result>,
  ): Promise<Result> {
    const lease = await this.#acquire(sessionId, method, seconds + MARGIN_SECONDS);
    try {
      return await work(lease);
    } catch (error) {
      if (isTelegramsWord(error)) await this.#report(lease, error.telegramError, error.method);
      throw error;
    } finally {
      await this.#release(lease);
    }
  }

  /** `again`: it was refused once, and is free; what was in the way may have gone meanwhile. */
  async #acquire(
    sessionId: number,
    method: string | null,
    ttlSeconds: number,
    again = false,
  ): Promise<Lease> {
    const wish = {
      holder: OWN_HOLDER,
      address: null,
      maxLeases: null,
      ttlSeconds,
      tags: [],
      sessionId,
      sessionName: null,
      method,
      withCredentials: false,
      idempotencyKey: null,
      alsoInactive: true,
    };
    try {
      return await this.#parts.pool.acquire(wish, 0, null);
    } catch (error) {
      if (!(error instanceof Unavailable) || error instanceof SessionsDirectoryGone) throw error;
      const session = await this.#parts.sessions.session(sessionId);
      if (!session) throw new NotFound('Session not found');
      const reason = notNow(session, this.#parts.clock.now());
      if (reason) throw reason;
      if (!again) return this.#acquire(sessionId, method, ttlSeconds, true);
      throw flooded(session, nextRelease(error));
    }
  }

  /** Nobody else may have the session once this is over: twice said is enough to believe Telegram. */
  async #report({ sessionId, leaseId }: Lease, error: string, method: string): Promise<void> {
    const { pool } = this.#parts;
    const caller = ownCaller(leaseId);
    const report = () => pool.report(sessionId, caller, error, method).catch(() => null);
    const reported = await report();
    if (reported?.effect.kind === 'suspect' && reported.state !== 'dead') await report();
  }

  /** A lease that was taken from us is over already. */
  async #release({ sessionId, leaseId }: Lease): Promise<void> {
    const caller = ownCaller(leaseId);
    await this.#parts.pool.release(sessionId, caller, null).catch(() => undefined);
  }
}

/** Why the session can't be had now, from the state it is in; null: it can, by now. */
function notNow(session: SessionRecord, now: number): TeleGateError | null {
  const { id: session_id, name: session_name, state, stateReason, stateUntil } = session;
  if (state === 'free' || state === 'inactive') return null;
  if (state === 'leased' || state === 'cooldown') return sessionInUse(session);
  if (state === 'flood') {
    return flooded(session, Math.ceil(((stateUntil ?? now) - now) / 1000));
  }
  const message = `${session_name} is out of the pool (${state}${stateReason ? `: ${stateReason}` : ''})`;
  return new Conflict({ error: 'session_unavailable', message, session_id, session_name, status: state });
}

/** The session can't be had for so many seconds, by order of Telegram. */
function flooded({ id, name }: SessionRecord, seconds: number): TooMany {
  const wait = Math.max(1, seconds);
  const message = `${name} waits for the end of a flood wait`;
  return new TooMany({ error: 'flood_wait', message, session_id: id, wait_seconds: wait }, wait);
}

/** Seconds until the first flood wait ends: nothing else keeps a free session from being leased. */
function nextRelease({ detail }: Unavailable): number {
  const seconds = typeof detail === 'string' ? null : detail.next_release_in;
  return typeof seconds === 'number' ? seconds : 1;
}
