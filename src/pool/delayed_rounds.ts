import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';

/** Why another round is due. */
type Reason = 'remote' | 'watch' | 'storage' | 'resolves' | 'turns';

/** Scheduled rounds, one timer per reason: duplicates are coalesced into the earliest. */
export class DelayedRounds {
  readonly #timers: Timers;
  readonly #running = new Map<Reason, { readonly stop: () => void; readonly due: number }>();
  readonly #clock: Clock;

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  /** Runs `work` after this many milliseconds, and again after as many while it returns true. */
  schedule(reason: Reason, afterMs: number, work: () => boolean | Promise<boolean>): void {
    const due = this.#clock.now() + afterMs;
    const running = this.#running.get(reason);
    if (running && running.due <= due) return;
    running?.stop();
    const stop = this.#timers.after(afterMs, async () => {
      const again = await work();
      if (this.#running.delete(reason) && again) this.schedule(reason, afterMs, work);
    });
    this.#running.set(reason, { stop, due });
  }

  stop(): void {
    for (const { stop } of this.#running.values()) stop();
    this.#running.clear();
  }
}
