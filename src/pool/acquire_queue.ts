import type { Clock } from '../clock.js';
import type { RemoteQueues } from '../cluster/cluster.js';
import { NO_REMOTE_QUEUES } from '../cluster/single_node.js';
import { DatabaseDamaged, Unavailable } from '../errors.js';
import type { Timers } from '../timers.js';
import type { AcquireOutcome, AcquireRequest, Lease } from './store.js';
import { byKind, type Ticket, type Waiter, WaitQueue, wantsOf } from './wait_queue.js';

/** So long after somebody was held back, it is asked whether those who came before are still there. Milliseconds. */
const ASK_AFTER_MS = 250;

/** A queue that is one of several tries again after so long, though nothing was told. Milliseconds. */
const RETRY_EVERY_MS = 5_000;

/** A round that the database failed is tried again after so long. Milliseconds. */
const STORAGE_RETRY_MS = 1_000;

/** How a request joins the queue. */
export interface Joining {
  /** 0: leaves at once if nothing is free for it. */
  readonly waitSeconds: number;
  readonly ticket: Ticket;
  /** Takes it out of the queue. */
  readonly signal: AbortSignal | null;
}

/** What the queue needs of the pool. */
export interface AcquireQueueParts {
  /** @throws Unavailable when the database fails; who waits is tried again later. */
  acquire(request: AcquireRequest): Promise<AcquireOutcome>;
  /** Takes a lease back that nobody is there to receive. */
  giveBack(lease: Lease): void;
  readonly timers: Timers;
  readonly clock: Clock;
  /** Those who wait at other replicas. */
  readonly remote: RemoteQueues;
}

/**
 * The requests that wait for a session, first come first served. Nobody polls: a round along the queue happens when
 * sessions became free, and each session goes to the first who can use it, at whichever replica that one waits.
 */
export class AcquireQueue {
  readonly #parts: AcquireQueueParts;
  readonly #queue: WaitQueue;
  readonly #delayed: DelayedRounds;
  /** Calls of one process are carried out in their order; those of several are not. */
  readonly #singleNode: boolean;
  #tickets = 0;
  #freed = 0;
  #serving = false;
  #again = false;

  constructor(parts: AcquireQueueParts) {
    this.#parts = parts;
    this.#queue = new WaitQueue(parts.remote);
    this.#delayed = new DelayedRounds(parts.timers);
    this.#singleNode = parts.remote === NO_REMOTE_QUEUES;
    parts.remote.onLeft((count) => {
      // What became free and was not handed out yet is theirs.
      this.#freed = Math.max(0, this.#freed - count);
      this.freed(0);
    });
  }

  /** How many wait, here and elsewhere. */
  get length(): number {
    return this.#queue.length + this.#parts.remote.length;
  }

  /** How many wait here. */
  get here(): number {
    return this.#queue.length;
  }

  /** Remembers who came when: taken at once, used if it comes to waiting. */
  ticket(): Ticket {
    this.#tickets += 1;
    return { order: this.#tickets, arrivedAt: this.#parts.clock.now() };
  }

  /**
   * Joins the queue, behind those who came earlier. Resolves to the outcome, or to null when `waitSeconds` are
   * over (0: when nothing is free for it right now) or `signal` takes it out of the queue.
   */
  async join(
    request: AcquireRequest,
    { waitSeconds, ticket, signal }: Joining,
  ): Promise<AcquireOutcome | null> {
    if (signal?.aborted) return null;
    const once = waitSeconds === 0;
    let leave = () => {};
    const outcome = new Promise<AcquireOutcome | null>((resolve, reject) => {
      const { arrivedAt } = ticket;
      const waiter = { ticket, arrivedAt, request, wants: wantsOf(request), once, resolve, reject };
      leave = () => {
        if (this.#queue.remove(waiter)) resolve(null);
      };
      this.#queue.insert(waiter);
    });
    const stopTimer = once ? null : this.#parts.timers.after(waitSeconds * 1000, leave);
    signal?.addEventListener('abort', leave, { once: true });
    this.freed(0);
    if (!this.#singleNode) this.#watch();
    try {
      return await outcome;
    } finally {
      stopTimer?.();
      signal?.removeEventListener('abort', leave);
    }
  }

  /** So many sessions became free: serves the queue. */
  freed(count: number): void {
    if (this.#queue.length === 0) return;
    this.#freed += count;
    this.#again = true;
    if (!this.#serving) void this.#serve();
  }

  /** Sends those away empty-handed who wait with this key. */
  dismiss(holder: string): void {
    for (const waiter of this.#queue.all().filter(({ request }) => request.holder === holder)) {
      if (this.#queue.remove(waiter)) waiter.resolve(null);
    }
  }

  /** Sends everyone away empty-handed. */
  disperse(): void {
    this.#delayed.stop();
    for (const waiter of this.#queue.clear()) waiter.resolve(null);
  }

  async #serve(): Promise<void> {
    this.#serving = true;
    while (this.#again && this.#queue.length > 0) {
      this.#again = false;
      const freed = Math.max(this.#freed, 1);
      this.#freed = 0;
      const impatient = this.#queue.all().filter((waiter) => waiter.once);
      await this.#round(freed);
      for (const waiter of impatient) if (this.#queue.remove(waiter)) waiter.resolve(null);
    }
    this.#serving = false;
  }

  /**
   * Lets the first of each kind try, as many as became free, until each kind has gone without. While all of
   * them are served, more are free than was known: twice as many try next.
   */
  async #round(freed: number): Promise<void> {
    const without = new Set<string>();
    for (let most = freed; ; most *= 2) {
      const { next, heldBack } = this.#queue.firstOfEach(most, freed, without);
      if (heldBack) this.#askWhetherOthersAreThere();
      if (next.length === 0) return;
      for (const together of this.#singleNode ? [next] : byKind(next)) {
        await Promise.all(together.map((waiter) => this.#try(waiter, without)));
      }
    }
  }

  async #try(waiter: Waiter, without: Set<string>): Promise<void> {
    try {
      const outcome = await this.#parts.acquire(waiter.request);
      if (outcome.kind === 'none') without.add(waiter.wants);
      else if (this.#queue.remove(waiter)) waiter.resolve(outcome);
      else if (outcome.kind === 'granted') this.#parts.giveBack(outcome.lease);
    } catch (error) {
      without.add(waiter.wants);
      if (error instanceof DatabaseDamaged) {
        // Nobody gets anything from it any more.
        for (const each of this.#queue.clear()) each.reject(error);
        return;
      }
      // Whoever agreed to wait also waits for a database that is being restarted.
      if (!waiter.once && error instanceof Unavailable && this.#queue.length > 0) this.#retryLater();
      else if (this.#queue.remove(waiter)) waiter.reject(error);
    }
  }

  /** A replica that was lost must not keep those behind its queue waiting. */
  #askWhetherOthersAreThere(): void {
    this.#delayed.schedule('remote', ASK_AFTER_MS, async () => {
      const lost = await this.#parts.remote.forgetLost().catch(() => false);
      if (lost) this.freed(0);
      return false;
    });
  }

  /** What the others tell may be lost with a connection. */
  #watch(): void {
    this.#delayed.schedule('watch', RETRY_EVERY_MS, () => this.#retry());
  }

  #retryLater(): void {
    this.#delayed.schedule('storage', STORAGE_RETRY_MS, () => this.#retry() && false);
  }

  /** Whether anybody is left to serve. */
  #retry(): boolean {
    this.freed(0);
    return this.#queue.length > 0;
  }
}

/** Rounds that are due later, one timer a reason: duplicates are coalesced. */
class DelayedRounds {
  readonly #timers: Timers;
  readonly #running = new Map<'remote' | 'watch' | 'storage', () => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Does `work` after so many milliseconds, and again after as many for as long as it returns true. */
  schedule(
    reason: 'remote' | 'watch' | 'storage',
    afterMs: number,
    work: () => boolean | Promise<boolean>,
  ): void {
    if (this.#running.has(reason)) return;
    this.#running.set(
      reason,
      this.#timers.after(afterMs, async () => {
        const again = await work();
        if (this.#running.delete(reason) && again) this.schedule(reason, afterMs, work);
      }),
    );
  }

  stop(): void {
    for (const stop of this.#running.values()) stop();
    this.#running.clear();
  }
}
