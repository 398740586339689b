import type { RemoteQueues, WaitingRequest } from '../cluster/cluster.js';
import type { AcquireOutcome, AcquireRequest } from './store.js';

/** How many try at once at the most. */
const MAX_AT_ONCE = 256;

/** So many kinds have their turn one after the other; those behind them try together. */
const KINDS_IN_TURN = 8;

/** When a request came: `order` among those of this process, `arrivedAt` on the clock that replicas share. */
export interface Ticket {
  readonly order: number;
  readonly arrivedAt: number;
}

/** A request that waits here. */
export interface Waiter extends WaitingRequest {
  readonly ticket: Ticket;
  readonly request: AcquireRequest;
  /** Asked not to wait: leaves after the first round that begins after it came. */
  readonly once: boolean;
  readonly resolve: (outcome: AcquireOutcome | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Who may try now, and whether somebody may not because others elsewhere came before. */
export interface Candidates {
  readonly next: readonly Waiter[];
  readonly heldBack: boolean;
}

/** The requests that wait here, first come first; the other replicas are told of them. */
export class WaitQueue {
  readonly #remote: RemoteQueues;
  readonly #waiters: Waiter[] = [];

  constructor(remote: RemoteQueues) {
    this.#remote = remote;
  }

  get length(): number {
    return this.#waiters.length;
  }

  all(): readonly Waiter[] {
    return this.#waiters;
  }

  insert(waiter: Waiter): void {
    const before = this.#waiters.findLastIndex(({ ticket }) => ticket.order < waiter.ticket.order);
    this.#waiters.splice(before + 1, 0, waiter);
    this.#announce();
  }

  /** False: it was not there any more. */
  remove(waiter: Waiter): boolean {
    const index = this.#waiters.indexOf(waiter);
    if (index === -1) return false;
    this.#waiters.splice(index, 1);
    this.#announce();
    return true;
  }

  /** Takes everyone out. */
  clear(): Waiter[] {
    const all = this.#waiters.splice(0);
    this.#announce();
    return all;
  }

  /**
   * The first `most` of each kind but those `without`. As far as it is known that so many (`freed`) became
   * free, they are the first of all replicas; beyond that, only those before whom nobody came elsewhere.
   */
  firstOfEach(most: number, freed: number, without: ReadonlySet<string>): Candidates {
    const counted = new Map<string, number>();
    const next: Waiter[] = [];
    let heldBack = false;
    for (const waiter of this.#waiters) {
      const already = counted.get(waiter.wants) ?? 0;
      if (already >= most || without.has(waiter.wants)) continue;
      counted.set(waiter.wants, already + 1);
      const ahead = this.#remote.ahead(waiter.wants, waiter.arrivedAt);
      if (ahead > 0 && already + ahead >= freed) heldBack = true;
      else next.push(waiter);
      if (next.length >= MAX_AT_ONCE) break;
    }
    return { next, heldBack };
  }

  #announce(): void {
    this.#remote.announce(() => this.#waiters);
  }
}

/** What a request wants, as far as it decides which sessions will do: its kind. */
export function wantsOf(request: AcquireRequest): string {
  const { tags, sessionId, sessionName, method, withCredentials, alsoInactive } = request;
  return JSON.stringify([[...tags].sort(), sessionId, sessionName, method, withCredentials, alsoInactive]);
}

/** Those who want the same try together, one kind after the other: the first to come has the first choice. */
export function byKind(waiters: readonly Waiter[]): Waiter[][] {
  const kinds = new Map<string, Waiter[]>();
  for (const waiter of waiters) kinds.set(waiter.wants, [...(kinds.get(waiter.wants) ?? []), waiter]);
  const inTurn = [...kinds.values()];
  return [...inTurn.slice(0, KINDS_IN_TURN), inTurn.slice(KINDS_IN_TURN).flat()];
}
