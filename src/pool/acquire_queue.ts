import type { RemoteQueues } from '../cluster/cluster.js';
import { NO_REMOTE_QUEUES } from '../cluster/single_node.js';
import { byNeeds, needsOf, type WaitingFor } from '../cluster/waiting.js';
import type { Clock } from '../kernel/clock.js';
import { DatabaseDamaged, Unavailable } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import { DelayedRounds } from './delayed_rounds.js';
import { KeptPlaces } from './kept_places.js';
import type { AcquireOutcome, AcquireRequest, Lease } from './store.js';
import { byKind, type Ticket, type Waiter, WaitQueue, wantsOf } from './wait_queue.js';

/**
 * How long after a request was held back to check whether the replicas with earlier requests still exist, in
 * milliseconds.
 */
const ASK_AFTER_MS = 250;

/** How often one of several queues tries again without a notification, in milliseconds. */
const RETRY_EVERY_MS = 5_000;

/** The delay before a round that failed because of the database is retried, in milliseconds. */
const STORAGE_RETRY_MS = 1_000;

/** A bound, since requests that gave up elsewhere are counted, too: more than are handed out before they are known. */
const MAX_OWED = 32;

/**
 * How many requests of those that step aside a round tries, since a session that comes free is of no use to most of
 * them, and how soon it is the turn of more, in milliseconds: hundreds of them must not hold up all others.
 */
const MAX_ASIDE_AT_ONCE = 16;
const NEXT_TURN_MS = 100;

/** How a request joins the queue. */
export interface Joining {
  /** 0: leaves at once if nothing is free for it. */
  readonly waitSeconds: number;
  readonly ticket: Ticket;
  /** Takes it out of the queue. */
  readonly signal: AbortSignal | null;
}

/** What the queue needs from the pool. */
export interface AcquireQueueParts {
  /** @throws Unavailable if the database fails; waiting requests are retried later. */
  acquire(request: AcquireRequest): Promise<AcquireOutcome>;
  /** Ends a lease that was never delivered. */
  giveBack(lease: Lease): void;
  readonly timers: Timers;
  readonly clock: Clock;
  /** The requests that wait at other replicas. */
  readonly remote: RemoteQueues;
}

/**
 * The requests that wait for a session, first come, first served. Nothing polls: a pass over the queue happens when
 * sessions become free, and each session goes to the first request that can use it, at whichever replica it waits.
 */
export class AcquireQueue {
  readonly #parts: AcquireQueueParts;
  readonly #queue: WaitQueue;
  readonly #delayed: DelayedRounds;
  readonly #keptPlaces = new KeptPlaces();
  /** Calls of one process are executed in order; those of several are not. */
  readonly #singleNode: boolean;
  #tickets = 0;
  #tries = 0;
  /** The last try before something changed that concerns requests which step aside. */
  #changedAfter = 0;
  /** How many sessions became free, as far as is known, since the last round began. */
  #freed = 0;
  /** How many of the sessions that the last round knew to be free have been handed out neither here nor elsewhere. */
  #left = 0;
  /** How many were handed out elsewhere before they were known here to be free. */
  #owed = 0;
  #serving = false;
  #again = false;

  constructor(parts: AcquireQueueParts) {
    this.#parts = parts;
    this.#queue = new WaitQueue(parts.remote);
    this.#delayed = new DelayedRounds(parts.timers, parts.clock);
    this.#singleNode = parts.remote === NO_REMOTE_QUEUES;
    parts.remote.onLeft((count) => {
      // Sessions that became free and are not yet handed out belong to them.
      const ofRound = Math.min(this.#left, count);
      const ofFreed = Math.min(this.#freed, count - ofRound);
      this.#left -= ofRound;
      this.#freed -= ofFreed;
      this.#owed = Math.min(MAX_OWED, this.#owed + count - ofRound - ofFreed);
      this.freed(0);
    });
  }

  /** How many requests wait, here and elsewhere. */
  get length(): number {
    return this.#queue.length + this.#parts.remote.length;
  }

  /** What requests wait for, here and elsewhere. */
  get demand(): readonly WaitingFor[] {
    const here = this.#queue.all().map(({ needs }) => ({ needs, count: 1 }));
    return byNeeds([...here, ...this.#parts.remote.waiting]);
  }

  /** How many requests wait here. */
  get here(): number {
    return this.#queue.length;
  }

  /** The requests that wait here, first come first. */
  waiting(): readonly Waiter[] {
    return this.#queue.all().filter(({ once }) => !once);
  }

  /** Records the order of arrival: taken at once, used if the request has to wait. */
  ticket(): Ticket {
    this.#tickets += 1;
    return { order: this.#tickets, arrivedAt: this.#parts.clock.now() };
  }

  /**
   * Joins the queue, behind earlier requests; one that repeats an idempotency key soon after it waited in vain gets its
   * place back. Resolves to the outcome, or to null when `waitSeconds` have passed (0: when nothing is free for it right
   * now) or `signal` removes it from the queue.
   */
  async join(
    request: AcquireRequest,
    { waitSeconds, ticket: arrival, signal }: Joining,
  ): Promise<AcquireOutcome | null> {
    if (signal?.aborted) return null;
    const { clock } = this.#parts;
    const once = waitSeconds === 0;
    let leave = () => {};
    const outcome = new Promise<AcquireOutcome | null>((resolve, reject) => {
      const ticket = this.#keptPlaces.claim(request, clock.now()) ?? arrival;
      const { arrivedAt } = ticket;
      const until = arrival.arrivedAt + waitSeconds * 1000;
      const needs = needsOf(request);
      const kind = { request, wants: wantsOf(request), needs, isSteppingAside: false, lastTry: 0 };
      const waiter: Waiter = { ...kind, ticket, arrivedAt, until, once, resolve, reject };
      leave = () => {
        if (!this.#queue.remove(waiter)) return;
        if (!once) this.#keptPlaces.keep(request, ticket, clock.now());
        resolve(null);
      };
      this.#queue.insert(waiter);
    });
    const stopTimer = once ? null : this.#parts.timers.after(waitSeconds * 1000, leave);
    signal?.addEventListener('abort', leave, { once: true });
    this.#serveSoon();
    if (!this.#singleNode) this.#watch();
    try {
      return await outcome;
    } finally {
      stopTimer?.();
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Serves the queue after this many sessions became free. */
  freed(count: number): void {
    const owed = Math.min(this.#owed, count);
    this.#owed = this.#queue.length === 0 ? 0 : this.#owed - owed;
    if (this.#queue.length === 0) return;
    this.#freed += count - owed;
    this.#changedAfter = this.#tries;
    this.#serveSoon();
  }

  #serveSoon(): void {
    this.#again = true;
    if (!this.#serving) void this.#serve();
  }

  /** Rejects the requests that wait with this key. */
  dismiss(holder: string): void {
    for (const waiter of this.#queue.all().filter(({ request }) => request.holder === holder)) {
      if (this.#queue.remove(waiter)) waiter.resolve(null);
    }
  }

  /** Rejects all waiting requests. */
  disperse(): void {
    this.#delayed.stop();
    for (const waiter of this.#queue.clear()) waiter.resolve(null);
  }

  async #serve(): Promise<void> {
    this.#serving = true;
    while (this.#again && this.#queue.length > 0) {
      this.#again = false;
      this.#left = this.#freed;
      this.#freed = 0;
      const impatient = this.#queue.all().filter((waiter) => waiter.once);
      await this.#round();
      for (const waiter of impatient) if (this.#queue.remove(waiter)) waiter.resolve(null);
      if (this.#queue.asideSince(this.#changedAfter).length > 0) this.#takeTurns();
    }
    this.#serving = false;
  }

  /**
   * Lets the first requests of each kind try, as many as sessions became free, until one of each kind gets none.
   * While all of them are served, more are free than was known: twice as many try next.
   */
  async #round(): Promise<void> {
    const without = new Set<string>();
    const passedOver = this.#resting();
    for (let most = Math.max(this.#left, 1); ; most *= 2) {
      const { next, heldBack } = this.#queue.firstOfEach(most, Math.max(this.#left, 1), without, passedOver);
      if (heldBack) this.#askWhetherOthersAreThere();
      if (next.length === 0) return;
      for (const together of this.#singleNode ? [next] : byKind(next)) {
        await Promise.all(together.map((waiter) => this.#try(waiter, without, passedOver)));
      }
    }
  }

  /** The requests that step aside and are not tried in this round. */
  #resting(): Set<Waiter> {
    const aside = this.#queue.asideSince(Number.POSITIVE_INFINITY);
    if (aside.length === 0) return new Set();
    const next = this.#queue.asideSince(this.#changedAfter).slice(0, MAX_ASIDE_AT_ONCE);
    return new Set(aside.filter((waiter) => !next.includes(waiter)));
  }

  async #try(waiter: Waiter, without: Set<string>, passedOver: Set<Waiter>): Promise<void> {
    this.#tries += 1;
    waiter.lastTry = this.#tries;
    try {
      const outcome = await this.#parts.acquire(waiter.request);
      if (outcome.kind === 'granted') this.#left = Math.max(0, this.#left - 1);
      if (outcome.kind === 'none' && outcome.shortage) {
        passedOver.add(waiter);
        this.#queue.stepAside(waiter, outcome.shortage);
        this.#retryWhenResolvable(outcome.shortage.nextAt);
      } else if (outcome.kind === 'none') {
        without.add(waiter.wants);
        this.#queue.stepAside(waiter, null);
      } else if (this.#queue.remove(waiter)) waiter.resolve(outcome);
      else if (outcome.kind === 'granted') this.#parts.giveBack(outcome.lease);
    } catch (error) {
      without.add(waiter.wants);
      if (error instanceof DatabaseDamaged) {
        // It grants nothing any more.
        for (const each of this.#queue.clear()) each.reject(error);
        return;
      }
      // A request that agreed to wait also waits for a database that is restarting.
      if (!waiter.once && error instanceof Unavailable && this.#queue.length > 0) this.#retryLater();
      else if (this.#queue.remove(waiter)) waiter.reject(error);
    }
  }

  /** A free session that may not resolve a channel now may do so at `at`; null: never. */
  #retryWhenResolvable(at: number | null): void {
    if (at === null) return;
    const afterMs = Math.max(1, at - this.#parts.clock.now());
    this.#delayed.schedule('resolves', afterMs, () => this.#retry() && false);
  }

  /** The turn of requests that step aside and were not tried in the last round. */
  #takeTurns(): void {
    this.#delayed.schedule('turns', NEXT_TURN_MS, () => {
      this.#serveSoon();
      return false;
    });
  }

  /** A lost replica must not block the requests behind its queue. */
  #askWhetherOthersAreThere(): void {
    this.#delayed.schedule('remote', ASK_AFTER_MS, async () => {
      const lost = await this.#parts.remote.forgetLost().catch(() => false);
      if (lost) this.freed(0);
      return false;
    });
  }

  /** Messages of the others may be lost with a connection. */
  #watch(): void {
    this.#delayed.schedule('watch', RETRY_EVERY_MS, () => this.#retry());
  }

  #retryLater(): void {
    this.#delayed.schedule('storage', STORAGE_RETRY_MS, () => this.#retry() && false);
  }

  /** Whether any request is left to serve. */
  #retry(): boolean {
    this.freed(0);
    return this.#queue.length > 0;
  }
}
