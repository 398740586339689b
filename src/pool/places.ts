import type { OtherLines, Waiting } from './other_lines.js';
import type { AcquireOutcome, AcquireRequest } from './store.js';

/** How many try at once at the most. */
const MOST_AT_ONCE = 256;

/** So many kinds have their turn one after the other; those behind them try together. */
const KINDS_IN_TURN = 8;

/** When somebody came: `order` among those of this process, `arrivedAt` on the clock that replicas share. */
export interface Ticket {
  readonly order: number;
  readonly arrivedAt: number;
}

/** One who stands in line. */
export interface Place extends Waiting {
  readonly ticket: Ticket;
  readonly request: AcquireRequest;
  /** Asked not to wait: leaves after the first look that begins after it came. */
  readonly once: boolean;
  readonly settle: (outcome: AcquireOutcome | null) => void;
  readonly fail: (error: unknown) => void;
}

/** Who may try now, and whether somebody may not because others elsewhere came before. */
export interface Chosen {
  readonly next: readonly Place[];
  readonly heldBack: boolean;
}

/** The places of a line, first come first. */
export class Places {
  readonly #others: OtherLines;
  readonly #places: Place[] = [];

  constructor(others: OtherLines) {
    this.#others = others;
  }

  get length(): number {
    return this.#places.length;
  }

  all(): readonly Place[] {
    return this.#places;
  }

  insert(place: Place): void {
    const before = this.#places.findLastIndex(({ ticket }) => ticket.order < place.ticket.order);
    this.#places.splice(before + 1, 0, place);
    this.#announce();
  }

  /** False: it was not there any more. */
  remove(place: Place): boolean {
    const index = this.#places.indexOf(place);
    if (index === -1) return false;
    this.#places.splice(index, 1);
    this.#announce();
    return true;
  }

  /** Takes everyone out. */
  clear(): Place[] {
    const all = this.#places.splice(0);
    this.#announce();
    return all;
  }

  /**
   * The first `most` of each kind but those `without`. As far as it is known that so many (`freed`) became
   * free, they are the first of all replicas; beyond that, only those before whom nobody came elsewhere.
   */
  firstOfEach(most: number, freed: number, without: ReadonlySet<string>): Chosen {
    const counted = new Map<string, number>();
    const next: Place[] = [];
    let heldBack = false;
    for (const place of this.#places) {
      const already = counted.get(place.wants) ?? 0;
      if (already >= most || without.has(place.wants)) continue;
      counted.set(place.wants, already + 1);
      const ahead = this.#others.ahead(place.wants, place.arrivedAt);
      if (ahead > 0 && already + ahead >= freed) heldBack = true;
      else next.push(place);
      if (next.length >= MOST_AT_ONCE) break;
    }
    return { next, heldBack };
  }

  #announce(): void {
    this.#others.announce(() => this.#places);
  }
}

/** What a request wants, as far as it decides which sessions will do. */
export function wantsOf(request: AcquireRequest): string {
  const { tags, sessionId, sessionName, method, withCredentials, alsoInactive } = request;
  return JSON.stringify([[...tags].sort(), sessionId, sessionName, method, withCredentials, alsoInactive]);
}

/** Those who want the same try together, one kind after the other: the first to come has the first choice. */
export function byKind(places: readonly Place[]): Place[][] {
  const kinds = new Map<string, Place[]>();
  for (const place of places) kinds.set(place.wants, [...(kinds.get(place.wants) ?? []), place]);
  const inTurn = [...kinds.values()];
  return [...inTurn.slice(0, KINDS_IN_TURN), inTurn.slice(KINDS_IN_TURN).flat()];
}
