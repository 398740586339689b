import { randomUUID } from 'node:crypto';
import type { PoolNotice, PoolSignals } from '../../pool/store.js';
import type { PostgresOptions } from './connect.js';
import { Listener } from './listener.js';
import { freedMessage, messagesOf, type News, readMessage } from './news.js';
import type { Surroundings } from './transaction.js';

/** How long notices wait for others to go with them to the other replicas, in milliseconds. */
const GATHER_MS = 20;

/** More than a moment of leases brings; a large sync brings more, and is told by its counts. */
const MOST_NOTICES = 600;

/** Said after a time in which nothing was heard: whoever waits may try. */
const MANY = 1_000;

/**
 * What happened in the pool, here and in the other replicas: of this one at once, of the others as the server
 * tells. That sessions became free is told by the transaction that freed them; the rest soon after.
 */
export class Signals implements PoolSignals {
  readonly #name: string = randomUUID();
  readonly #listener: Listener;
  readonly #surroundings: Surroundings;
  readonly #freedListeners: ((count: number) => void)[] = [];
  readonly #happenedListeners: ((notices: readonly PoolNotice[]) => void)[] = [];
  #notices: PoolNotice[] = [];
  #told = Number.POSITIVE_INFINITY;
  #gathering = false;
  #nextDeadline = 0;

  constructor(options: PostgresOptions, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#listener = new Listener(
      options,
      { heard: (payload) => this.#heard(payload), reconnected: () => this.#wake() },
      surroundings,
    );
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  /** Tells what was not told yet, and stops listening. */
  async close(): Promise<void> {
    await this.#send();
    await this.#listener.close();
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

  /** What a transaction sends through the server when it frees so many sessions. */
  freed(count: number): string {
    return freedMessage(this.#name, count);
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
  committed(news: News): void {
    this.#tell(news);
    const room = MOST_NOTICES - this.#notices.length;
    this.#notices.push(...news.notices.slice(0, room));
    this.#told = Math.min(this.#told, news.deadline);
    if (this.#gathering || (this.#notices.length === 0 && !Number.isFinite(this.#told))) return;
    this.#gathering = true;
    this.#surroundings.timers.after(GATHER_MS, () => void this.#send());
  }

  async #send(): Promise<void> {
    if (!this.#gathering) return;
    const messages = messagesOf(this.#name, { freed: 0, notices: this.#notices, deadline: this.#told });
    this.#gathering = false;
    this.#notices = [];
    this.#told = Number.POSITIVE_INFINITY;
    await this.#listener.tell(messages);
  }

  #heard(payload: string): void {
    const message = readMessage(payload);
    if (message && message.from !== this.#name) this.#tell(message);
  }

  #tell({ freed, notices, deadline }: News): void {
    this.expect(deadline);
    if (notices.length > 0) for (const listener of this.#happenedListeners) listener(notices);
    if (freed > 0) for (const listener of this.#freedListeners) listener(freed);
  }

  #wake(): void {
    this.#nextDeadline = 0;
    for (const listener of this.#freedListeners) listener(MANY);
  }
}
