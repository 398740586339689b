import type { RemoteQueues, WaitingRequest } from '../cluster/cluster.js';
import { needsOf } from '../cluster/waiting.js';
import { passesOverUnfenceable } from './fence.js';
import type { AcquireOutcome, AcquireRequest, ResolveShortage } from './store.js';

/** The maximum number of requests that try at the same time. */
const MAX_AT_ONCE = 256;

/** How many kinds take turns one after the other; the kinds behind them try together. */
const KINDS_IN_TURN = 8;

/** The arrival of a request: `order` within this process, `arrivedAt` on the clock that replicas share. */
export interface Ticket {
  readonly order: number;
  readonly arrivedAt: number;
}

/** A request that waits here. */
export interface Waiter extends WaitingRequest {
  readonly ticket: Ticket;
  readonly request: AcquireRequest;
  /** Whether it does not wait: it leaves after the first round that starts after its arrival. */
  readonly once: boolean;
  /** No free session may resolve its channels at the moment. */
  isSteppingAside: boolean;
  /** As `needsOf` names them; they change with the shortage of resolves. */
  needs: readonly string[];
  /** The number of its last try, counted over all requests; 0: it has had none. */
  lastTry: number;
  /** When it gives up, on the clock that replicas share. */
  readonly until: number;
  readonly resolve: (outcome: AcquireOutcome | null) => void;
  readonly reject: (error: unknown) => void;
}

/** The requests that may try now, and whether one is held back by earlier requests elsewhere. */
export interface Candidates {
  readonly next: readonly Waiter[];
  readonly heldBack: boolean;
}

/** The requests that wait here, in order of arrival; they are announced to the other replicas. */
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

  /** False: it was no longer in the queue. */
  remove(waiter: Waiter): boolean {
    const index = this.#waiters.indexOf(waiter);
    if (index === -1) return false;
    this.#waiters.splice(index, 1);
    this.#announce();
    return true;
  }

  /** Removes all requests. */
  clear(): Waiter[] {
    const all = this.#waiters.splice(0);
    this.#announce();
    return all;
  }

  /**
   * The first `most` requests of each kind, except kinds in `without` and requests in `passedOver`. Up to the number of
   * known free sessions (`freed`), they are the first of all replicas; beyond that, only those without earlier requests
   * elsewhere.
   */
  firstOfEach(
    most: number,
    freed: number,
    without: ReadonlySet<string>,
    passedOver: ReadonlySet<Waiter> = new Set(),
  ): Candidates {
    const counted = new Map<string, number>();
    const next: Waiter[] = [];
    let heldBack = false;
    for (const waiter of this.#waiters) {
      const already = counted.get(waiter.wants) ?? 0;
      if (already >= most || without.has(waiter.wants) || passedOver.has(waiter)) continue;
      counted.set(waiter.wants, already + 1);
      const ahead = this.#remote.ahead(waiter.wants, waiter.arrivedAt);
      if (ahead > 0 && already + ahead >= freed) heldBack = true;
      else next.push(waiter);
      if (next.length >= MAX_AT_ONCE) break;
    }
    return { next, heldBack };
  }

  /** The requests that step aside and have not been tried since that try, those first that were tried longest ago. */
  asideSince(lastTry: number): Waiter[] {
    return this.#waiters
      .filter((waiter) => waiter.isSteppingAside && waiter.lastTry <= lastTry)
      .sort((one, other) => one.lastTry - other.lastTry);
  }

  /**
   * While there is a shortage, a request lets later ones of its kind pass, here and elsewhere. null: nothing is free at
   * all, so that it may be of use to it, and what it needs stays as it is known.
   */
  stepAside(waiter: Waiter, shortage: ResolveShortage | null): void {
    const isSteppingAside = shortage !== null;
    const needs = shortage ? needsOf(waiter.request, !shortage.isKnownElsewhere) : waiter.needs;
    if (waiter.isSteppingAside === isSteppingAside && waiter.needs.join() === needs.join()) return;
    waiter.isSteppingAside = isSteppingAside;
    waiter.needs = needs;
    this.#announce();
  }

  #announce(): void {
    this.#remote.announce(() => this.#waiters);
  }
}

/**
 * The kind of a request: the conditions that decide which sessions match. Channels are not among them: they decide which
 * session is preferred, and a request whose channels no free session may resolve steps aside.
 */
export function wantsOf(request: AcquireRequest): string {
  const { tags, sessionId, sessionName, method, withCredentials, alsoInactive, allowFrozen } = request;
  const allowed = [alsoInactive, allowFrozen === true, passesOverUnfenceable(request)];
  const excepted = request.except ?? [];
  const named = [sessionId, sessionName, method];
  return JSON.stringify([[...tags].sort(), ...named, withCredentials, ...allowed, ...excepted]);
}

/** Requests of one kind try together, one kind after the other: the first to arrive has the first choice. */
export function byKind(waiters: readonly Waiter[]): Waiter[][] {
  const kinds = new Map<string, Waiter[]>();
  for (const waiter of waiters) kinds.set(waiter.wants, [...(kinds.get(waiter.wants) ?? []), waiter]);
  const inTurn = [...kinds.values()];
  return [...inTurn.slice(0, KINDS_IN_TURN), inTurn.slice(KINDS_IN_TURN).flat()];
}
