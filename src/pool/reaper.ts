import { inBatches } from '../kernel/batches.js';
import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import { IDEMPOTENCY_MS, type PoolSignals, type PoolStore } from './store.js';

/** The maximum delay between checks of the next deadline while requests wait, in milliseconds. */
const DEADLINE_CHECK_MS = 1000;

/** How many deadlines are applied in one transaction. */
const REAP_AT_ONCE = 1000;

/** How much is deleted in one transaction, so that no lease waits long behind it. */
const PRUNE_AT_ONCE = 500;

export interface ReaperParts {
  readonly store: Pick<PoolStore, 'expire' | 'prune'>;
  readonly signals: Pick<PoolSignals, 'nextDeadline'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Applies due deadlines of the pool, and deletes what is too old to matter. */
export class Reaper {
  readonly #parts: ReaperParts;
  #closed = false;
  #stopTimer: (() => void) | null = null;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
  }

  /** Applies every passed deadline; returns how many. */
  async reap(): Promise<number> {
    const { store, clock } = this.#parts;
    return inBatches(REAP_AT_ONCE, (limit) => store.expire(limit, clock.now()));
  }

  /** Deletes history beyond the newest `maxRows`, and expired idempotency keys. */
  async prune(maxRows: number): Promise<void> {
    const { store, clock } = this.#parts;
    for (let forgotten = 1; forgotten > 0 && !this.#closed; ) {
      forgotten = await store.prune(maxRows, clock.now() - IDEMPOTENCY_MS, PRUNE_AT_ONCE);
    }
  }

  /** Applies deadlines on time while requests wait, not only when `reap` is called. */
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
