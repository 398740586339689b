import { RetryBudget } from '../../kernel/retry.js';

/** For how many rounds a session is not taken, after each time in a row that it read nothing; after one more, never again. */
const PAUSES = [5, 10, 20];

/** After so many sessions that read nothing, no others are tried: most are no members of a private channel. */
const MAX_PASSED_OVER = 32;

/** The sessions that a split does not take, for some rounds or for good, since they could not read a single page. */
export class PassedOver {
  readonly #budgets = new Map<number, RetryBudget>();
  /** In which round each may be taken again. */
  readonly #until = new Map<number, number>();
  #round = 0;

  /** The next round begins. */
  nextRound(): void {
    this.#round += 1;
    for (const [sessionId, until] of this.#until) if (until <= this.#round) this.#until.delete(sessionId);
  }

  /** The session could not read a page, but may do so later. */
  forNow(sessionId: number): void {
    const budget = this.#budgets.get(sessionId) ?? new RetryBudget(PAUSES);
    this.#budgets.set(sessionId, budget);
    const pause = budget.delayAfterFailure();
    this.#until.set(sessionId, pause === null ? Number.POSITIVE_INFINITY : this.#round + pause);
  }

  /** The session will never read it. */
  forGood(sessionId: number): void {
    this.#until.set(sessionId, Number.POSITIVE_INFINITY);
  }

  /** The session has read pages. */
  useful(sessionId: number): void {
    this.#budgets.delete(sessionId);
  }

  /** Those that are not to be taken now, with these; null: there are so many that no other is worth a try. */
  with(others: ReadonlySet<number>): readonly number[] | null {
    const all = new Set([...this.#until.keys(), ...others]);
    return all.size < MAX_PASSED_OVER ? [...all] : null;
  }
}
