/** A target that fails so often, with nothing stored in between, is given up. */
const MOST = 20;

/** The pause after the first failure, in milliseconds; each later one is twice as long, up to half a minute. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 32_000;

/** How often a run's target has failed since it got further: many failures on a long way are none too many. */
export class Setbacks {
  #reached: number | null = null;
  #count = 0;

  /**
   * One more, with the source stored up to `lastMessageId`: how long to wait before it is tried again, in
   * milliseconds; null: not any more.
   */
  after(lastMessageId: number): number | null {
    this.#count = lastMessageId === this.#reached ? this.#count + 1 : 1;
    this.#reached = lastMessageId;
    if (this.#count >= MOST) return null;
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#count - 1), LONGEST_PAUSE_MS);
  }
}
