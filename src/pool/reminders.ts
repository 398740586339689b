import type { Timers } from '../timers.js';

/** What comes back to by itself, one timer a reason: to be reminded twice of the same is to be reminded once. */
export class Reminders<Reason extends string> {
  readonly #timers: Timers;
  readonly #running = new Map<Reason, () => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Does `work` after so many milliseconds, and again after as many for as long as it says so. */
  remind(reason: Reason, afterMs: number, work: () => boolean | Promise<boolean>): void {
    if (this.#running.has(reason)) return;
    this.#running.set(
      reason,
      this.#timers.after(afterMs, async () => {
        const again = await work();
        if (this.#running.delete(reason) && again) this.remind(reason, afterMs, work);
      }),
    );
  }

  /** Forgets all of them. */
  stop(): void {
    for (const stop of this.#running.values()) stop();
    this.#running.clear();
  }
}
