import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import { dayOf } from '../pool/uses.js';
import { HEALTH_DAYS } from './health_score.js';

/** How many sessions are scored, and how many rows deleted, in one transaction. */
const AT_ONCE = 200;

/** The health scores of sessions. Each call is one transaction. */
export interface HealthScoreStore {
  /** Scores the next sessions by id after `afterId`; resolves to their scores, by id: none if there are no more. */
  rescore(afterId: number, limit: number, now: number): Promise<readonly ScoredSession[]>;
  /** Deletes what happened before the day, at most `limit` rows; resolves to how many. */
  pruneDays(before: number, limit: number): Promise<number>;
}

/** A session and its health score. */
export interface ScoredSession {
  readonly id: number;
  readonly score: number;
}

/** How long the mean score of a round counts, in milliseconds: a little longer than until the next one. */
const MEAN_COUNTS_MS = 70 * 60_000;

export interface HealthScoresParts {
  readonly store: HealthScoreStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Scores sessions as time passes; what Telegram or an admin does to one scores it at once, in the same transaction.
 */
export class HealthScores {
  readonly #parts: HealthScoresParts;
  #stopped = false;
  #mean: { readonly score: number; readonly at: number } | null = null;

  constructor(parts: HealthScoresParts) {
    this.#parts = parts;
  }

  /** Scores every session, and forgets the days that no score counts. Ends early when the service stops. */
  async round(): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const all = { sessions: 0, sum: 0 };
    for (let last: number | undefined = 0; last !== undefined && !this.#stopped; ) {
      const scored: readonly ScoredSession[] = await store.rescore(last, AT_ONCE, clock.now());
      all.sessions += scored.length;
      all.sum += scored.reduce((sum, { score }) => sum + score, 0);
      last = scored.at(-1)?.id;
    }
    if (all.sessions > 0) this.#mean = { score: all.sum / all.sessions, at: clock.now() };
    const before = dayOf(clock.now()) - HEALTH_DAYS;
    while (!this.#stopped && (await store.pruneDays(before, AT_ONCE)) === AT_ONCE);
    logger.debug('sessions scored');
  }

  /** The mean score of all sessions in the last round; null: another replica did that, or none yet. */
  mean(): number | null {
    const mean = this.#mean;
    if (mean === null || this.#parts.clock.now() - mean.at >= MEAN_COUNTS_MS) return null;
    return mean.score;
  }

  /** Ends the current round. */
  stop(): void {
    this.#stopped = true;
  }
}
