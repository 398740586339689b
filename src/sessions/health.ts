import type { Logger } from 'winston';
import type { Clock } from '../clock.js';
import { TeleGateError } from '../errors.js';
import type { PoolService } from '../pool/service.js';
import type { Timers } from '../timers.js';
import type { SessionChecks } from './checks.js';
import type { SessionStore } from './store.js';

/** The longest time between two checks of a round, in milliseconds; many sessions are checked more quickly. */
const LONGEST_PAUSE_MS = 60_000;

/** Sessions that one round checks at the most; the next one goes on with those checked longest ago. */
const MOST_IN_A_ROUND = 10_000;

export interface HealthParts {
  readonly sessions: SessionStore;
  readonly checks: SessionChecks;
  readonly pool: PoolService;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What a round of checks found. */
export interface HealthReport {
  readonly checked: number;
  readonly dead: number;
  /** In use, flooded, or Telegram could not be asked: the next round comes back to them. */
  readonly skipped: number;
}

/** Asks Telegram about idle sessions now and then, one after the other, so that dead ones are found before a worker does. */
export class SessionHealth {
  readonly #parts: HealthParts;
  #stopPause: (() => void) | null = null;
  #stopped = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** Checks every idle session once, spread over `spanMs` milliseconds. Breaks off when the service stops. */
  async round(spanMs: number): Promise<HealthReport> {
    const { sessions, clock, logger } = this.#parts;
    const ids = await sessions.unchecked(clock.now(), MOST_IN_A_ROUND);
    const report = { checked: 0, dead: 0, skipped: 0 };
    const pauseMs = ids.length === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, spanMs / ids.length);
    for (const [at, id] of ids.entries()) {
      if (at > 0) await this.#pause(pauseMs);
      if (this.#stopped) break;
      report[await this.#check(id)] += 1;
    }
    logger.info('sessions checked', report);
    return report;
  }

  /** Ends a round that is under way. */
  stop(): void {
    this.#stopped = true;
    this.#stopPause?.();
  }

  async #check(id: number): Promise<keyof HealthReport> {
    const { pool, checks, sessions, logger } = this.#parts;
    const session = await sessions.session(id);
    // Whoever waits for a session comes before a check.
    if (session?.state !== 'free' || pool.waiting > 0) return 'skipped';
    try {
      const { isValid } = await checks.check(id);
      return isValid ? 'checked' : 'dead';
    } catch (error) {
      if (!(error instanceof TeleGateError)) throw error;
      logger.debug('a session could not be checked', { session_id: id, reason: error.message });
      return 'skipped';
    }
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const stopTimer = this.#parts.timers.after(milliseconds, resolve);
      this.#stopPause = () => {
        stopTimer();
        resolve();
      };
    });
  }
}
