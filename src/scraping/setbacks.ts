/** How many failures are borne, one after the other, and how long is waited after each. */
export interface Endurance {
  /** With so many, it is given up. */
  readonly most: number;
  /** The pause after the first, in milliseconds; each later one is twice as long, up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** A target that can't be written for the moment. */
export const OF_TARGETS: Endurance = { most: 20, firstPauseMs: 1_000, longestPauseMs: 32_000 };

/** Telegram, where it can't be reached, or says nothing of the session. */
export const OF_TELEGRAM: Endurance = { most: 6, firstPauseMs: 1_000, longestPauseMs: 32_000 };

/** How often something has failed since a run got further: many failures on a long way are none too many. */
export class Setbacks {
  readonly #endurance: Endurance;
  #reached: number | null = null;
  #count = 0;

  constructor(endurance: Endurance) {
    this.#endurance = endurance;
  }

  /**
   * One more, with the run at the message `reached`: how long to wait before it is tried again, in milliseconds;
   * null: not any more.
   */
  after(reached: number): number | null {
    this.#count = reached === this.#reached ? this.#count + 1 : 1;
    this.#reached = reached;
    const { firstPauseMs, longestPauseMs } = this.#endurance;
    return this.areTooMany ? null : Math.min(firstPauseMs * 2 ** (this.#count - 1), longestPauseMs);
  }

  /** Whether it was given up. */
  get areTooMany(): boolean {
    return this.#count >= this.#endurance.most;
  }
}
