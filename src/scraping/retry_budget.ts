/** How many failures in a row are tolerated, and how long to wait after each. */
export interface RetryPolicy {
  /** The run gives up at this many. */
  readonly maxFailures: number;
  /** The pause after the first, in milliseconds; each later one is twice as long, up to `maxPauseMs`. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
}

/** A target that can't be written to just now. */
export const TARGET_RETRIES: RetryPolicy = { maxFailures: 20, firstPauseMs: 1_000, maxPauseMs: 32_000 };

/** Telegram, while it can't be reached or fails in a way that says nothing about the session. */
export const TELEGRAM_RETRIES: RetryPolicy = { maxFailures: 6, firstPauseMs: 1_000, maxPauseMs: 32_000 };

/** Failures in a row since the run last made progress: a long run may have many in all. */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  #reached: number | null = null;
  #count = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /**
   * Counts a failure while the run stands at the message `reached`. How long to wait before the next try, in
   * milliseconds; null: give up.
   */
  pauseAfterFailure(reached: number): number | null {
    this.#count = reached === this.#reached ? this.#count + 1 : 1;
    this.#reached = reached;
    const { firstPauseMs, maxPauseMs } = this.#policy;
    return this.isExhausted ? null : Math.min(firstPauseMs * 2 ** (this.#count - 1), maxPauseMs);
  }

  /** No further try is left. */
  get isExhausted(): boolean {
    return this.#count >= this.#policy.maxFailures;
  }
}
