import type { PoolNotice, PoolSignals } from '../../pool/store.js';
import { type Channel, MAX_PAYLOAD_CHARACTERS } from './channel.js';
import type { TransactionDependencies } from './transaction.js';

/** How long notices are collected before they are sent to the other replicas, in milliseconds. */
const GATHER_MS = 20;

/** More than leases cause in that time; a large sync causes more, and is announced by its counts. */
const MAX_NOTICES = 600;

/** Sent after an interruption: waiting requests may try. */
const MANY = 1_000;

/**
 * The pool's events, here and at the other replicas: its own at once, those of others as the server delivers them.
 * Freed sessions are announced by the transaction that freed them, if a request waits elsewhere; the rest soon after.
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
  /** Sessions that became free while no request was known to wait elsewhere. */
  #untold = 0;

  /** `waitedFor`: whether a request waits at another replica, as far as known here. */
  constructor(channel: Channel, dependencies: TransactionDependencies, waitedFor: () => boolean) {
    this.#channel = channel;
    this.#dependencies = dependencies;
    this.#waitedFor = waitedFor;
    channel.on('freed', (count) => this.#tellFreed(Number(count)));
    channel.on('effects', (body) => this.#heard(body as Announcement));
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

  /** The message that a transaction sends if it frees `count` sessions; null: no request waits for it. */
  freed(count: number | string): string | null {
    return this.#waitedFor() ? this.#channel.compose('freed', count) : null;
  }

  /**
   * Called when a request is found to wait elsewhere: announces the sessions that became free before that was known.
   */
  waited(): void {
    if (this.#untold > 0) this.#channel.send('freed', this.#untold);
    this.#untold = 0;
  }

  /** Whether a known deadline has passed. */
  isDue(now: number): boolean {
    return now >= this.#nextDeadline;
  }

  /** Called before deadlines are looked up: until then, only new ones are known. */
  forgetDeadlines(): void {
    this.#nextDeadline = Number.POSITIVE_INFINITY;
  }

  /** A deadline that was found, or set by a commit. */
  expect(until: number): void {
    this.#nextDeadline = Math.min(this.#nextDeadline, until);
  }

  /** Announces the effects of a transaction, after its commit. */
  committed({ freed, notices, deadline, announced = false }: CommitEffects): void {
    this.expect(deadline);
    this.#tellHappened(notices);
    this.#tellFreed(freed);
    if (!announced) {
      this.#untold = Math.min(this.#untold + freed, MANY);
      if (this.#waitedFor()) this.waited();
    }
    this.#notices.push(...notices.slice(0, MAX_NOTICES - this.#notices.length));
    this.#deadlineToTell = Math.min(this.#deadlineToTell, deadline);
    if (this.#gathering || (this.#notices.length === 0 && !Number.isFinite(this.#deadlineToTell))) return;
    this.#gathering = true;
    this.#dependencies.timers.after(GATHER_MS, () => this.flush());
  }

  /** Sends pending notices to the other replicas. */
  flush(): void {
    if (!this.#gathering) return;
    for (const page of pagesOf(this.#notices, this.#deadlineToTell)) this.#channel.send('effects', page);
    this.#gathering = false;
    this.#notices = [];
    this.#deadlineToTell = Number.POSITIVE_INFINITY;
  }

  #heard({ notices, deadline }: Announcement): void {
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

/** The effects of a transaction that others wait for. */
export interface CommitEffects {
  /** Sessions that became free. */
  readonly freed: number;
  readonly notices: readonly PoolNotice[];
  /** The earliest deadline that was set, in milliseconds on the service's clock; Infinity: none. */
  readonly deadline: number;
  /** Whether the transaction itself announced freed sessions to the other replicas. */
  readonly announced?: boolean;
}

/** CommitEffects as they are sent through the server. */
interface Announcement {
  readonly notices: readonly PoolNotice[];
  /** Null: none. */
  readonly deadline: number | null;
}

/** The effects except freed sessions, in as many messages as needed. A notice that fits into none is dropped. */
function pagesOf(notices: readonly PoolNotice[], deadline: number): Announcement[] {
  const pages: PoolNotice[][] = [[]];
  let room = MAX_PAYLOAD_CHARACTERS;
  for (const notice of notices) {
    const letters = lettersOf(notice);
    if (letters > MAX_PAYLOAD_CHARACTERS) continue;
    if (letters > room) {
      pages.push([]);
      room = MAX_PAYLOAD_CHARACTERS;
    }
    pages.at(-1)?.push(notice);
    room -= letters + 1;
  }
  return pages.map((page) => ({ notices: page, deadline: Number.isFinite(deadline) ? deadline : null }));
}

/** In ASCII, where other characters take six bytes. */
function lettersOf(notice: PoolNotice): number {
  const json = JSON.stringify(notice);
  return json.length + 5 * (json.match(/[\u0080-\uffff]/g)?.length ?? 0);
}
