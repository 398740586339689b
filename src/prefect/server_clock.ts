import type { SteadyClock } from '../kernel/clock.js';

/** What an answer says of the server's clock, in whole seconds and a moment ago, is less exact than this. */
const EXACT_TO_MS = 3_000;

/**
 * The service's clock, with its instants displayed as Prefect's clock shows them: what Prefect is told to do at a time
 * is done at that time, though its machine has another one than this. As exact as some seconds.
 */
export class ServerClock implements SteadyClock {
  readonly #clock: SteadyClock;
  #aheadMs = 0;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  display(at: number): Date {
    return new Date(this.#clock.display(at).getTime() + this.#aheadMs);
  }

  /** Prefect has just answered that it is this time, as HTTP writes it. */
  answered(date: string): void {
    const aheadMs = Date.parse(date) - this.#clock.display(this.now()).getTime();
    // The same time shown twice is the same, whatever the answers take.
    if (Number.isNaN(aheadMs) || Math.abs(aheadMs - this.#aheadMs) < EXACT_TO_MS) return;
    this.#aheadMs = Math.abs(aheadMs) < EXACT_TO_MS ? 0 : aheadMs;
  }
}
