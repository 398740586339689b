import type { Clock } from '../clock.js';
import type { Timers } from '../timers.js';
import { IDEMPOTENCY_MS, type PoolSignals, type PoolStore } from './store.js';

/** How often the next deadline is looked at while somebody waits, in milliseconds at the most. */
const DEADLINE_CHECK_MS = 1000;

/** How many deadlines are carried out in one transaction. */
const REAP_AT_ONCE = 1000;

/** How much is forgotten in one transaction: no lease waits long behind it. */
const PRUNE_AT_ONCE = 500;

export interface ReaperParts {
  readonly store: Pick<PoolStore, 'expire' | 'prune'>;
  readonly signals: Pick<PoolSignals, 'nextDeadline'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Carries out what is due in the pool, and forgets what is too old to matter. */
export class Reaper {
  readonly #parts: ReaperParts;
  #closed = false;
  #stopTimer: (() => void) | null = null;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
  }

  /** Carries out every deadline that has passed; how many there were. */
  async reap(): Promise<number> {
    const { store, clock } = this.#parts;
    let all = 0;
    for (;;) {
      const some = await store.expire(REAP_AT_ONCE, clock.now());
      all += some;
      if (some < REAP_AT_ONCE) return all;
    }
  }

  /** Forgets history beyond the newest `maxRows`, and idempotency keys whose time is over. */
  async prune(maxRows: number): Promise<void> {
    const { store, clock } = this.#parts;
    for (let forgotten = 1; forgotten > 0 && !this.#closed; ) {
      forgotten = await store.prune(maxRows, clock.now() - IDEMPOTENCY_MS, PRUNE_AT_ONCE);
    }
  }

  /** Carries deadlines out on time, and not only when `reap` is called, for as long as somebody waits. */
  reapOnTime(isAwaited: () => boolean): void {
    if (this.#stopTimer || this.#closed) return;
    const { clock, timers, signals, store } = this.#parts;
    const next = signals.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const delay = Math.max(1, Math.min(next - clock.now(), DEADLINE_CHECK_MS));
    this.#stopTimer = timers.after(delay, async () => {
      const due = (signals.nextDeadline() ?? Number.POSITIVE_INFINITY) <= clock.now();
      if (due) await store.expire(REAP_AT_ONCE, clock.now()).catch(() => undefined);
      this.#stopTimer = null;
      if (isAwaited()) this.reapOnTime(isAwaited);
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
  }
}
