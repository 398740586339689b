import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import { TeleGateError } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import type { PoolService } from '../pool/service.js';
import type { SessionChecks } from './checks.js';
import type { SessionStore } from './store.js';

/** The maximum delay between two checks of a round, in milliseconds; with many sessions it is shorter. */
const MAX_PAUSE_MS = 60_000;

/** How many sessions one round checks; the next round continues with those checked longest ago. */
const MAX_CHECKS_PER_ROUND = 10_000;

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
  /** Their account is frozen: they can only read. */
  readonly frozen: number;
  /** In use, flooded, or Telegram could not be asked: the next round checks them again. */
  readonly skipped: number;
}

/** Checks idle sessions with Telegram, one after the other, to find the dead and frozen ones before a worker does. */
export class SessionHealth {
  readonly #parts: HealthParts;
  #stopPause: (() => void) | null = null;
  #stopped = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** Checks every idle session once, spread over `spanMs` milliseconds. Stops when the service stops. */
  async round(spanMs: number): Promise<HealthReport> {
    const { sessions, clock, logger } = this.#parts;
    const ids = await sessions.unchecked(clock.now(), MAX_CHECKS_PER_ROUND);
    const report = { checked: 0, dead: 0, frozen: 0, skipped: 0 };
    const pauseMs = ids.length === 0 ? 0 : Math.min(MAX_PAUSE_MS, spanMs / ids.length);
    for (const [at, id] of ids.entries()) {
      if (at > 0) await this.#pause(pauseMs);
      if (this.#stopped) break;
      report[await this.#check(id)] += 1;
    }
    logger.info('sessions checked', report);
    return report;
  }

  /** Stops the current round. */
  stop(): void {
    this.#stopped = true;
    this.#stopPause?.();
  }

  async #check(id: number): Promise<keyof HealthReport> {
    const { pool, checks, sessions, logger } = this.#parts;
    const session = await sessions.session(id);
    // Workers that wait for a session have priority.
    const isIdle = session?.state === 'free' || session?.state === 'frozen';
    if (!isIdle || pool.waiting > 0) return 'skipped';
    try {
      const { isValid, status } = await checks.check(id);
      if (status === 'frozen') return 'frozen';
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
