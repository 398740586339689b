import type { Clock } from '../clock.js';
import { DatabaseDamaged, Unavailable } from '../errors.js';
import type { Timers } from '../timers.js';
import { NO_OTHER_LINES, type OtherLines } from './other_lines.js';
import { byKind, type Place, Places, type Ticket, wantsOf } from './places.js';
import { Reminders } from './reminders.js';
import type { AcquireOutcome, AcquireRequest, Lease } from './store.js';

/** So long after somebody was held back, it is asked whether those who came before are still there. Milliseconds. */
const ASK_AFTER_MS = 250;

/** A line that is one of several looks again after so long, though nothing was told. Milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** A look that the database failed is taken again after so long. Milliseconds. */
const STORAGE_RETRY_MS = 1_000;

/** How somebody stands in line. */
export interface Joining {
  /** 0: leaves at once if nothing is free for it. */
  readonly waitSeconds: number;
  readonly ticket: Ticket;
  /** Takes it out of the line. */
  readonly signal: AbortSignal | null;
}

/** What the line needs of the pool. */
export interface LineParts {
  /** @throws Unavailable when the database fails; who waits is tried again later. */
  acquire(request: AcquireRequest): Promise<AcquireOutcome>;
  /** Takes a lease back that nobody is there to receive. */
  giveBack(lease: Lease): void;
  readonly timers: Timers;
  readonly clock: Clock;
  /** Those who wait at other replicas. */
  readonly others: OtherLines;
}

/**
 * Those who wait for a session, first come first served. Nobody polls: a look along the line happens when
 * sessions became free, and each session goes to the first who can use it, at whichever replica that one waits.
 */
export class WaitingLine {
  readonly #parts: LineParts;
  readonly #places: Places;
  readonly #reminders: Reminders<'others' | 'news' | 'storage'>;
  /** Calls of one process are carried out in their order; those of several are not. */
  readonly #alone: boolean;
  #tickets = 0;
  #freed = 0;
  #looking = false;
  #again = false;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#places = new Places(parts.others);
    this.#reminders = new Reminders(parts.timers);
    this.#alone = parts.others === NO_OTHER_LINES;
    parts.others.onLeft((count) => {
      // What became free and was not looked for yet is theirs.
      this.#freed = Math.max(0, this.#freed - count);
      this.freed(0);
    });
  }

  /** How many wait, here and elsewhere. */
  get length(): number {
    return this.#places.length + this.#parts.others.length;
  }

  /** How many wait here. */
  get here(): number {
    return this.#places.length;
  }

  /** Remembers who came when: taken at once, used if it comes to waiting. */
  ticket(): Ticket {
    this.#tickets += 1;
    return { order: this.#tickets, arrivedAt: this.#parts.clock.now() };
  }

  /**
   * Joins the line, behind those who came earlier. Resolves to the outcome, or to null when `waitSeconds` are
   * over (0: when nothing is free for it right now) or `signal` takes it out of the line.
   */
  async join(
    request: AcquireRequest,
    { waitSeconds, ticket, signal }: Joining,
  ): Promise<AcquireOutcome | null> {
    if (signal?.aborted) return null;
    const once = waitSeconds === 0;
    let leave = () => {};
    const outcome = new Promise<AcquireOutcome | null>((settle, fail) => {
      const { arrivedAt } = ticket;
      const place = { ticket, arrivedAt, request, wants: wantsOf(request), once, settle, fail };
      leave = () => {
        if (this.#places.remove(place)) settle(null);
      };
      this.#places.insert(place);
    });
    const stopTimer = once ? null : this.#parts.timers.after(waitSeconds * 1000, leave);
    signal?.addEventListener('abort', leave, { once: true });
    this.freed(0);
    if (!this.#alone) this.#watch();
    try {
      return await outcome;
    } finally {
      stopTimer?.();
      signal?.removeEventListener('abort', leave);
    }
  }

  /** So many sessions became free: looks along the line. */
  freed(count: number): void {
    if (this.#places.length === 0) return;
    this.#freed += count;
    this.#again = true;
    if (!this.#looking) void this.#look();
  }

  /** Sends those away empty-handed who wait with this key. */
  dismiss(holder: string): void {
    for (const place of this.#places.all().filter(({ request }) => request.holder === holder)) {
      if (this.#places.remove(place)) place.settle(null);
    }
  }

  /** Sends everyone away empty-handed. */
  disperse(): void {
    this.#reminders.stop();
    for (const place of this.#places.clear()) place.settle(null);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    while (this.#again && this.#places.length > 0) {
      this.#again = false;
      const freed = Math.max(this.#freed, 1);
      this.#freed = 0;
      const present = this.#places.all().filter((place) => place.once);
      await this.#serve(freed);
      for (const place of present) if (this.#places.remove(place)) place.settle(null);
    }
    this.#looking = false;
  }

  /**
   * Lets the first of each kind try, as many as became free, until each kind has gone without. While all of
   * them are served, more are free than was known: twice as many try next.
   */
  async #serve(freed: number): Promise<void> {
    const without = new Set<string>();
    for (let most = freed; ; most *= 2) {
      const { next, heldBack } = this.#places.firstOfEach(most, freed, without);
      if (heldBack) this.#askWhetherOthersAreThere();
      if (next.length === 0) return;
      for (const together of this.#alone ? [next] : byKind(next)) {
        await Promise.all(together.map((place) => this.#try(place, without)));
      }
    }
  }

  async #try(place: Place, without: Set<string>): Promise<void> {
    try {
      const outcome = await this.#parts.acquire(place.request);
      if (outcome.kind === 'none') without.add(place.wants);
      else if (this.#places.remove(place)) place.settle(outcome);
      else if (outcome.kind === 'granted') this.#parts.giveBack(outcome.lease);
    } catch (error) {
      without.add(place.wants);
      if (error instanceof DatabaseDamaged) {
        // Nobody gets anything from it any more.
        for (const each of this.#places.clear()) each.fail(error);
        return;
      }
      // Who asked for patience has it also with a database that is being restarted.
      if (!place.once && error instanceof Unavailable && this.#places.length > 0) this.#tryLater();
      else if (this.#places.remove(place)) place.fail(error);
    }
  }

  /** A replica that was lost must not keep those behind its line waiting. */
  #askWhetherOthersAreThere(): void {
    this.#reminders.remind('others', ASK_AFTER_MS, async () => {
      const lost = await this.#parts.others.forgetLost().catch(() => false);
      if (lost) this.freed(0);
      return false;
    });
  }

  /** What the others tell may be lost with a connection. */
  #watch(): void {
    this.#reminders.remind('news', LOOK_EVERY_MS, () => this.#lookAgain());
  }

  #tryLater(): void {
    this.#reminders.remind('storage', STORAGE_RETRY_MS, () => this.#lookAgain() && false);
  }

  /** Whether anybody is left to look for. */
  #lookAgain(): boolean {
    this.freed(0);
    return this.#places.length > 0;
  }
}
