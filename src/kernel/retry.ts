import type { Timers } from './timers.js';

/** Resolves after so many milliseconds. Rejects with the signal's reason once it is aborted. */
export function sleep(timers: Timers, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = timers.after(milliseconds, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
}

/** The delay before a further attempt, in milliseconds: `firstMs`, doubled for each `earlier` one, up to `maxMs`. */
export function exponentialDelay(earlier: number, firstMs: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** earlier, maxMs);
}

/** The delays before `count` further attempts, in milliseconds, as `exponentialDelay` has them. */
export function exponentialDelays(
  count: number,
  firstMs: number,
  maxMs = Number.POSITIVE_INFINITY,
): number[] {
  return Array.from({ length: count }, (_, earlier) => exponentialDelay(earlier, firstMs, maxMs));
}

/** A random delay between half of `milliseconds` and all of it, so that many callers do not retry at one moment. */
export function withJitter(milliseconds: number, random: () => number): number {
  return milliseconds * (0.5 + random() / 2);
}

/** Counts failures since the last progress: work that advances may fail often in all. */
export class RetryBudget {
  readonly #delaysMs: readonly number[];
  #failures = 0;
  #progress: number | null = null;

  /** `delaysMs`: how long to wait after each failure in a row; after one more, the budget is exhausted. */
  constructor(delaysMs: readonly number[]) {
    this.#delaysMs = delaysMs;
  }

  /**
   * Records a failure. `progress` says how far the work has come: where it differs from the failure before, counting
   * starts again. Returns how long to wait before the next attempt, in milliseconds; null: give up.
   */
  delayAfterFailure(progress = 0): number | null {
    this.#failures = progress === this.#progress ? this.#failures + 1 : 1;
    this.#progress = progress;
    return this.#delaysMs[this.#failures - 1] ?? null;
  }

  /** Whether the last failure was one too many. */
  get isExhausted(): boolean {
    return this.#failures > this.#delaysMs.length;
  }
}

export interface RetryOptions {
  /** Called after each failure: milliseconds until the next attempt, or null to give up with this error. */
  readonly delayAfter: (error: unknown) => number | null | Promise<number | null>;
  readonly timers: Timers;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` until it succeeds; it must be safe to run more than once. Rejects with the last error once
 * `delayAfter` gives up, with what `delayAfter` throws, or with the signal's reason once that is aborted during a
 * delay.
 */
export async function withRetry<Result>(
  work: () => Promise<Result>,
  { delayAfter, timers, signal }: RetryOptions,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const delayMs = await delayAfter(error);
      if (delayMs === null) throw error;
      await sleep(timers, delayMs, signal);
    }
  }
}
