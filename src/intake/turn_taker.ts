import { setImmediate } from 'node:timers/promises';

/** How long one turn of work may hold a thread's event loop. Milliseconds. */
const turnMs = 10;

/** Splits long work into turns, so that what else is asked of the thread need not wait for its end. */
export class TurnTaker {
  #since = performance.now();

  /** Whether this turn has lasted long enough. */
  isOver(): boolean {
    return performance.now() - this.#since > turnMs;
  }

  /** Lets others have their turn. */
  async next(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
