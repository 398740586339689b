import type { PoolNotice, PoolSignals } from '../../pool/store.js';
import type { Channel } from './channel.js';
import type { TransactionDependencies } from './transaction.js';
import { type CommitEffects, pagesOf, type Told } from './unit_of_work.js';

/** How long notices wait for others to go with them to the other replicas, in milliseconds. */
const GATHER_MS = 20;

/** More than a moment of leases brings; a large sync brings more, and is told by its counts. */
const MAX_NOTICES = 600;

/** Said after a time in which nothing was heard: whoever waits may try. */
const MANY = 1_000;

/**
 * What happened in the pool, here and in the other replicas: of this one at once, of the others as the server
 * tells. That sessions became free is told by the transaction that freed them, if somebody waits elsewhere; the
 * rest soon after.
 */
export class Signals implements PoolSignals {
  readonly #channel: Channel;
  readonly #dependencies: TransactionDependencies;
  readonly #waitedFor: () => boolean;
  readonly #freedListeners: ((count: number) => void)[] = [];
  readonly #happenedListeners: ((notices: readonly PoolNotice[]) => void)[] = [];
  #notices: PoolNotice[] = [];
  #deadlineToTell = Number.POSITIVE_INFINITY;
  #gathering = false;
  #nextDeadline = 0;
  /** Sessions that became free while it was not known that anybody waits elsewhere. */
  #untold = 0;

  /** `waitedFor`: whether somebody waits at another replica, as far as it is known here. */
  constructor(channel: Channel, dependencies: TransactionDependencies, waitedFor: () => boolean) {
    this.#channel = channel;
    this.#dependencies = dependencies;
    this.#waitedFor = waitedFor;
    channel.on('freed', (count) => this.#tellFreed(Number(count)));
    channel.on('news', (body) => this.#heard(body as Told));
    channel.onReconnected(() => {
      this.#nextDeadline = 0;
      this.#tellFreed(MANY);
    });
  }

  onFreed(listener: (count: number) => void): void {
    this.#freedListeners.push(listener);
  }

  onHappened(listener: (notices: readonly PoolNotice[]) => void): void {
    this.#happenedListeners.push(listener);
  }

  nextDeadline(): number | null {
    return Number.isFinite(this.#nextDeadline) ? this.#nextDeadline : null;
  }

  /** What a transaction sends through the server when it frees `count` sessions; null: nobody waits for it. */
  freed(count: number | string): string | null {
    return this.#waitedFor() ? this.#channel.compose('freed', count) : null;
  }

  /** Somebody waits elsewhere, which was not known when the last sessions became free: they are told of now. */
  waited(): void {
    if (this.#untold > 0) this.#channel.send('freed', this.#untold);
    this.#untold = 0;
  }

  /** Whether a deadline that is known has come. */
  isDue(now: number): boolean {
    return now >= this.#nextDeadline;
  }

  /** Deadlines are about to be looked up: until they are, only new ones are known. */
  forgetDeadlines(): void {
    this.#nextDeadline = Number.POSITIVE_INFINITY;
  }

  /** A deadline that was found, or set by what was committed. */
  expect(until: number): void {
    this.#nextDeadline = Math.min(this.#nextDeadline, until);
  }

  /** Tells what a transaction brought, after its commit. */
  committed({ freed, notices, deadline, told = false }: CommitEffects): void {
    this.expect(deadline);
    this.#tellHappened(notices);
    this.#tellFreed(freed);
    if (!told) {
      this.#untold = Math.min(this.#untold + freed, MANY);
      if (this.#waitedFor()) this.waited();
    }
    this.#notices.push(...notices.slice(0, MAX_NOTICES - this.#notices.length));
    this.#deadlineToTell = Math.min(this.#deadlineToTell, deadline);
    if (this.#gathering || (this.#notices.length === 0 && !Number.isFinite(this.#deadlineToTell))) return;
    this.#gathering = true;
    this.#dependencies.timers.after(GATHER_MS, () => this.flush());
  }

  /** Tells the other replicas what they were not told yet. */
  flush(): void {
    if (!this.#gathering) return;
    for (const page of pagesOf(this.#notices, this.#deadlineToTell)) this.#channel.send('news', page);
    this.#gathering = false;
    this.#notices = [];
    this.#deadlineToTell = Number.POSITIVE_INFINITY;
  }

  #heard({ notices, deadline }: Told): void {
    if (deadline !== null) this.expect(deadline);
    this.#tellHappened(notices);
  }

  #tellHappened(notices: readonly PoolNotice[]): void {
    if (notices.length > 0) for (const listener of this.#happenedListeners) listener(notices);
  }

  #tellFreed(count: number): void {
    if (count > 0) for (const listener of this.#freedListeners) listener(count);
  }
}
