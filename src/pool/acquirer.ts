import type { RemoteQueues } from '../cluster/cluster.js';
import type { WaitingFor } from '../cluster/waiting.js';
import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import { AcquireQueue, type Joining } from './acquire_queue.js';
import type { Reaper } from './reaper.js';
import type { AcquireOutcome, AcquireRequest, Lease, PoolSignals, PoolStore } from './store.js';
import type { Waiter } from './wait_queue.js';

/** The maximum number of waiting requests. */
const MAX_WAITING = 10_000;

export interface AcquirerParts {
  readonly store: Pick<PoolStore, 'acquire'>;
  readonly signals: Pick<PoolSignals, 'onFreed'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newLeaseId: () => string;
  /** The requests that wait at other replicas. */
  readonly remote: RemoteQueues;
  readonly reaper: Pick<Reaper, 'reapOnTime'>;
  /** Ends a lease that was never delivered. */
  readonly giveBack: (lease: Lease) => void;
  /** Whether a request may join the queue now. */
  readonly mayWait: () => boolean;
}

/** Tries requests for a session: at once while none waits, else in the queue. */
export class Acquirer {
  readonly #parts: AcquirerParts;
  readonly #queue: AcquireQueue;
  readonly #waitingListeners: (() => void)[] = [];

  constructor(parts: AcquirerParts) {
    this.#parts = parts;
    const { store, clock, timers, remote, newLeaseId, giveBack } = parts;
    this.#queue = new AcquireQueue({
      // A lease of an attempt that failed halfway is ended by its id: the next one needs its own.
      acquire: (request) => store.acquire({ ...request, leaseId: newLeaseId() }, clock.now()),
      ...{ giveBack, timers, clock, remote },
    });
    parts.signals.onFreed((count) => this.#queue.freed(count));
  }

  /** Waiting requests, at all replicas. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** What requests wait for, at all replicas. */
  get demand(): readonly WaitingFor[] {
    return this.#queue.demand;
  }

  /** The requests that wait at this replica, first come first. */
  waitingHere(): readonly Waiter[] {
    return this.#queue.waiting();
  }

  /** Calls back when a request begins or ends to wait here. */
  onWaiting(listener: () => void): void {
    this.#waitingListeners.push(listener);
  }

  /**
   * The outcome of a request; null: no session became free for it in time.
   * @param waitSeconds 0: it does not wait.
   * @param signal takes it out of the queue.
   */
  async acquire(
    request: AcquireRequest,
    waitSeconds: number,
    signal: AbortSignal | null,
  ): Promise<AcquireOutcome | null> {
    const ticket = this.#queue.ticket();
    return (await this.#repeated(request)) ?? this.#try(request, { waitSeconds, ticket, signal });
  }

  /** Rejects the requests that wait with this key. */
  dismiss(holder: string): void {
    this.#queue.dismiss(holder);
  }

  /** Rejects all waiting requests. */
  disperse(): void {
    this.#queue.disperse();
  }

  /** The earlier answer for the idempotency key, which needs no queue. Null: it is new. */
  async #repeated(request: AcquireRequest): Promise<AcquireOutcome | null> {
    if (request.idempotencyKey === null || this.#queue.length === 0) return null;
    const { store, clock } = this.#parts;
    const outcome = await store.acquire({ ...request, onlyRepeat: true }, clock.now());
    return outcome.kind === 'none' ? null : outcome;
  }

  async #try(request: AcquireRequest, joining: Joining): Promise<AcquireOutcome | null> {
    const { store, clock, reaper, mayWait } = this.#parts;
    if (this.#queue.length === 0) {
      const outcome = await store.acquire(request, clock.now());
      if (outcome.kind !== 'none' || joining.waitSeconds === 0) return outcome;
    }
    if (this.#queue.length >= MAX_WAITING || !mayWait()) return null;
    const outcome = this.#queue.join(request, joining);
    if (joining.waitSeconds > 0) {
      reaper.reapOnTime(() => this.#queue.here > 0);
      this.#tellWaiting();
      outcome.then(
        () => this.#tellWaiting(),
        () => this.#tellWaiting(),
      );
    }
    return outcome;
  }

  #tellWaiting(): void {
    for (const listener of this.#waitingListeners) listener();
  }
}
