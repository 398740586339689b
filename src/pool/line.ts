import type { Timers } from '../timers.js';
import type { AcquireOutcome, AcquireRequest, Lease } from './store.js';

/** How many try at once at the most. */
const MOST_AT_ONCE = 256;

/** One who stands in line. */
interface Place {
  readonly ticket: number;
  readonly request: AcquireRequest;
  /** Requests with the same one are served, or not, by the same sessions. */
  readonly wants: string;
  /** Asked not to wait: leaves after the first look that begins after it came. */
  readonly once: boolean;
  readonly settle: (outcome: AcquireOutcome | null) => void;
  readonly fail: (error: unknown) => void;
}

/** How somebody stands in line. */
export interface Joining {
  /** 0: leaves at once if nothing is free for it. */
  readonly waitSeconds: number;
  readonly ticket: number;
  /** Takes it out of the line. */
  readonly signal: AbortSignal | null;
}

/** What the line needs of the pool. */
export interface LineSource {
  acquire(request: AcquireRequest): Promise<AcquireOutcome>;
  /** Takes a lease back that nobody is there to receive. */
  giveBack(lease: Lease): void;
}

/**
 * Those who wait for a session, first come first served. Nobody polls: a look along the line happens when
 * sessions became free, and each session goes to the first who can use it.
 */
export class WaitingLine {
  readonly #source: LineSource;
  readonly #timers: Timers;
  readonly #places: Place[] = [];
  #tickets = 0;
  #freed = 0;
  #looking = false;
  #again = false;

  constructor(source: LineSource, timers: Timers) {
    this.#source = source;
    this.#timers = timers;
  }

  get length(): number {
    return this.#places.length;
  }

  /** Remembers who came when: taken at once, used if it comes to waiting. */
  ticket(): number {
    this.#tickets += 1;
    return this.#tickets;
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
      const place = { ticket, request, wants: wants(request), once, settle, fail };
      leave = () => {
        if (this.#remove(place)) settle(null);
      };
      this.#insert(place);
    });
    const stopTimer = once ? null : this.#timers.after(waitSeconds * 1000, leave);
    signal?.addEventListener('abort', leave, { once: true });
    this.freed(0);
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

  /** Sends everyone away empty-handed. */
  disperse(): void {
    for (const place of this.#places.splice(0)) place.settle(null);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    while (this.#again && this.#places.length > 0) {
      this.#again = false;
      const freed = Math.max(this.#freed, 1);
      this.#freed = 0;
      const present = new Set(this.#places.filter((place) => place.once));
      await this.#serve(freed);
      for (const place of present) if (this.#remove(place)) place.settle(null);
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
      const next = this.#firstOfEach(most, without);
      if (next.length === 0) return;
      await Promise.all(next.map((place) => this.#try(place, without)));
    }
  }

  #firstOfEach(most: number, without: ReadonlySet<string>): Place[] {
    const taken = new Map<string, number>();
    const next: Place[] = [];
    for (const place of this.#places) {
      const already = taken.get(place.wants) ?? 0;
      if (already >= most || without.has(place.wants)) continue;
      taken.set(place.wants, already + 1);
      next.push(place);
      if (next.length >= MOST_AT_ONCE) break;
    }
    return next;
  }

  async #try(place: Place, without: Set<string>): Promise<void> {
    try {
      const outcome = await this.#source.acquire(place.request);
      if (outcome.kind === 'none') without.add(place.wants);
      else if (this.#remove(place)) place.settle(outcome);
      else if (outcome.kind === 'granted') this.#source.giveBack(outcome.lease);
    } catch (error) {
      without.add(place.wants);
      if (this.#remove(place)) place.fail(error);
    }
  }

  #insert(place: Place): void {
    const before = this.#places.findLastIndex(({ ticket }) => ticket < place.ticket);
    this.#places.splice(before + 1, 0, place);
  }

  #remove(place: Place): boolean {
    const index = this.#places.indexOf(place);
    if (index === -1) return false;
    this.#places.splice(index, 1);
    return true;
  }
}

function wants(request: AcquireRequest): string {
  const { tags, sessionId, sessionName, method, withCredentials, alsoInactive } = request;
  return JSON.stringify([[...tags].sort(), sessionId, sessionName, method, withCredentials, alsoInactive]);
}
