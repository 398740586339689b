import { nodeTimers, type Timers } from '../../src/kernel/timers.js';

/** The timers of a machine: real ones, which a test need not wait for. */
export class HastenedTimers implements Timers {
  readonly #waiting = new Map<() => void, number>();

  after(milliseconds: number, action: () => void): () => void {
    const fire = () => {
      cancel();
      action();
    };
    const stop = nodeTimers.after(milliseconds, fire);
    const cancel = () => {
      stop();
      this.#waiting.delete(fire);
    };
    this.#waiting.set(fire, milliseconds);
    return cancel;
  }

  /** Fires those at once that wait for this many milliseconds. */
  hasten(milliseconds: number): void {
    for (const [fire, wanted] of [...this.#waiting]) if (wanted === milliseconds) fire();
  }
}
