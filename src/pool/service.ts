import type { RemoteQueues } from '../cluster/cluster.js';
import type { WaitingFor } from '../cluster/waiting.js';
import { inBatches } from '../kernel/batches.js';
import type { Clock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import type { Page } from '../kernel/page.js';
import type { Timers } from '../kernel/timers.js';
import { worksWhileFrozen } from './account_condition.js';
import { Acquirer } from './acquirer.js';
import type { Caller, Relation } from './lease_authorization.js';
import { granted, refused, SessionsDirectoryGone, stopping, withoutFiles } from './outcomes.js';
import { Reaper } from './reaper.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  Block,
  Flood,
  HistoryRow,
  Lease,
  LeaseRow,
  PoolCounts,
  PoolSignals,
  PoolStore,
} from './store.js';
import { judgeTelegramError, type Verdict } from './telegram_error_verdicts.js';
import type { Waiter } from './wait_queue.js';

/** How many leases of one holder are ended in one transaction. */
const REVOKE_AT_ONCE = 200;

/** What the fence is told by the process that changes a lease. */
export interface PoolFence {
  /** Called before anyone is told of a lease: connections of the session's earlier one are cut. */
  granted(lease: Pick<Lease, 'sessionId' | 'leaseId'>): void;
  /** Called when a lease was renewed until `expiresAt`. */
  renewed(sessionId: number, leaseId: string, expiresAt: number): void;
}

export interface PoolServiceParts {
  readonly store: PoolStore;
  readonly signals: PoolSignals;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newLeaseId: () => string;
  /** The requests that wait at other replicas. */
  readonly remote: RemoteQueues;
  /** Keeps the holders of ended leases from Telegram; null or absent: there is none. */
  readonly fence?: PoolFence | null;
  /** Called when a flood wait of a session, or of one of its methods, was reported here. */
  readonly onFlooded?: (flood: Flood) => void;
  /** How many usernames a session may resolve within 24 hours. */
  readonly resolvesPerDay: number;
  /** Called when a request with channels was answered. `toResolve`: how many of them its session has to resolve. */
  readonly onAffinity?: (outcome: { readonly toResolve: number } | 'refused') => void;
}

/** The rules of leasing, over a store. Knows nothing about HTTP. */
export class PoolService {
  readonly #parts: PoolServiceParts;
  /** Applies deadlines, and deletes old data. */
  readonly reaper: Reaper;
  readonly #acquirer: Acquirer;
  #closing = false;
  #directoryGone: string | null = null;

  constructor(parts: PoolServiceParts) {
    this.#parts = parts;
    const { store, clock, timers, signals, remote, newLeaseId } = parts;
    this.reaper = new Reaper({ store, signals, clock, timers });
    this.#acquirer = new Acquirer({
      ...{ store, signals, clock, timers, newLeaseId, remote, reaper: this.reaper },
      giveBack: (lease) => void this.giveBack(lease),
      mayWait: () => !this.#closing && this.#directoryGone === null,
    });
  }

  /** Waiting requests, at all replicas. */
  get waiting(): number {
    return this.#acquirer.waiting;
  }

  /** The requests that wait at this replica, first come first. */
  waitingHere(): readonly Waiter[] {
    return this.#acquirer.waitingHere();
  }

  /** Calls back when a request begins or ends to wait here. */
  onWaiting(listener: () => void): void {
    this.#acquirer.onWaiting(listener);
  }

  /** Called when the session files are gone: rejects waiting requests, and grants nothing until `resume`. */
  suspend(reason: string): void {
    this.#directoryGone = reason;
    this.#acquirer.disperse();
  }

  /** Called when the session files are back. */
  resume(): void {
    this.#directoryGone = null;
  }

  /**
   * Leases a free session that matches, by default the least recently used one, waiting in the queue for one if requested.
   * @throws SessionsDirectoryGone from `suspend` to `resume`.
   * @throws Unavailable if none is free in time, or the service is stopping.
   * @throws NotFound if the named session does not exist.
   * @throws TooMany if the key already holds its maximum number of leases.
   * @throws Conflict if the idempotency key's lease has ended.
   */
  async acquire(
    wanted: Omit<AcquireRequest, 'leaseId'>,
    waitSeconds: number,
    signal: AbortSignal | null,
  ): Promise<Lease> {
    if (this.#closing) throw stopping();
    await this.#refuseWithoutFiles(wanted.tags);
    const { clock, newLeaseId, resolvesPerDay, onAffinity } = this.#parts;
    const knowing = wanted.channels?.length ? { channels: wanted.channels, resolvesPerDay } : {};
    const { channels: _, ...others } = wanted;
    const method = oneSpelling(wanted.method);
    const allowFrozen = wanted.allowFrozen === true && worksWhileFrozen(method);
    const request = { ...others, ...knowing, method, allowFrozen, leaseId: newLeaseId() };
    const outcome = await this.#acquirer.acquire(request, waitSeconds, signal);
    if (outcome === null && this.#closing) throw stopping();
    if (outcome?.kind !== 'granted') await this.#refuseWithoutFiles(wanted.tags);
    const answer = outcome ?? (await this.#none(request));
    if (request.channels && answer.kind === 'granted') onAffinity?.({ toResolve: answer.toResolve ?? 0 });
    if (answer.kind === 'none' && answer.shortage) onAffinity?.('refused');
    const lease = granted(answer, clock.now());
    this.#parts.fence?.granted(lease);
    return lease;
  }

  /** Ends a lease that was never delivered. If even that fails, the lease expires. */
  async giveBack({ sessionId, leaseId }: Lease): Promise<void> {
    const { store, clock } = this.#parts;
    await store.giveBack(sessionId, leaseId, clock.now()).catch(() => undefined);
  }

  /**
   * Ends a lease whose session can't be handed out, and takes the session out of the pool with the reason, until
   * someone restores it.
   */
  async setAside(lease: Lease, holder: string, reason: string): Promise<void> {
    const { leaseId } = lease;
    const caller: Caller = { holder, admin: false, leaseId, address: null, leaseIds: 'required' };
    try {
      await this.block(lease.sessionId, caller, { kind: 'dead', reason });
    } finally {
      // And its idempotency key, which may then get another session.
      await this.giveBack(lease);
    }
  }

  /** Returns the new expiry of the lease, in milliseconds. @throws Conflict if the lease is gone, or another key's. */
  async renew(sessionId: number, caller: Caller, ttlSeconds: number | null): Promise<number> {
    const outcome = await this.#parts.store.renew(sessionId, caller, ttlSeconds, this.#parts.clock.now());
    if (outcome.kind !== 'renewed') throw refused(outcome.kind, sessionId);
    if (caller.leaseId !== null) this.#parts.fence?.renewed(sessionId, caller.leaseId, outcome.expiresAt);
    return outcome.expiresAt;
  }

  /** Frees the session. @throws Conflict if somebody else holds it. */
  async release(sessionId: number, caller: Caller, flood: Flood | null): Promise<Released> {
    const outcome = await this.#parts.store.release(
      sessionId,
      caller,
      flood && inOneSpelling(flood),
      this.#parts.clock.now(),
    );
    if (outcome.kind === 'unknown') return { changed: false, as: null };
    if (outcome.kind !== 'done') throw refused(outcome.kind, sessionId);
    if (flood) this.#parts.onFlooded?.(flood);
    return outcome;
  }

  /** Blocks the session; returns until when, or null for an unknown session. @throws Conflict as `release`. */
  async block(
    sessionId: number,
    caller: Caller,
    block: Block,
  ): Promise<{ until: number | null; state: string; as: Relation } | null> {
    const outcome = await this.#parts.store.block(
      sessionId,
      caller,
      'method' in block ? inOneSpelling(block) : block,
      this.#parts.clock.now(),
    );
    if (outcome.kind === 'unknown') return null;
    if (outcome.kind !== 'blocked') throw refused(outcome.kind, sessionId);
    if (block.kind === 'flood') this.#parts.onFlooded?.(block);
    return outcome;
  }

  /** Records a Telegram error of the session, and returns what to do. @throws NotFound, Conflict. */
  async report(sessionId: number, caller: Caller, error: string, method: string | null): Promise<Reported> {
    const verdict = judgeTelegramError(error, method);
    const block: Block = verdict.effect.kind === 'none' ? { kind: 'none' } : verdict.effect;
    const blocked = await this.block(sessionId, caller, block);
    if (!blocked) throw new NotFound('Session');
    const stop = verdict.effect.kind === 'suspect' && blocked.state === 'dead';
    return { ...verdict, action: stop ? 'stop' : verdict.action, ...blocked };
  }

  /**
   * Ends a flood wait, an invalidation or a death, and lets a frozen or limited account count as alive; no cool-down.
   * @throws NotFound.
   */
  async restore(sessionId: number): Promise<void> {
    const outcome = await this.#parts.store.restore(sessionId, this.#parts.clock.now());
    if (outcome.kind === 'unknown') throw new NotFound('Session');
  }

  /** Rejects the requests that wait with this key. */
  dismiss(holder: string): void {
    this.#acquirer.dismiss(holder);
  }

  /** Revokes all leases of the holder; `by`: the actor. Each session cools down. Returns how many there were. */
  async revokeLeases(holder: string, by: string): Promise<number> {
    const { store, clock } = this.#parts;
    return inBatches(REVOKE_AT_ONCE, (limit) => store.revokeLeases(holder, by, limit, clock.now()));
  }

  /** The states of the sessions that have all of the tags; while the session files are gone, none is free. */
  async counts(tags: readonly string[] = []): Promise<PoolCounts> {
    const { store, clock } = this.#parts;
    const scope = { tags, sessionId: null, sessionName: null, method: null };
    const counts = await (tags.length === 0 ? store.counts(clock.now()) : store.counts(clock.now(), scope));
    return this.#directoryGone === null ? counts : withoutFiles(counts);
  }

  /** Whether others lack what one could take or give back. */
  async demand(): Promise<PoolDemand> {
    const { states, freeButMethodFlooded } = await this.counts();
    const free = states.free - freeButMethodFlooded;
    return { waiting: this.#acquirer.demand, free, leased: states.leased };
  }

  /** The current leases of a holder. */
  leasesOf(holder: string, page: Page): Promise<LeaseRow[]> {
    return this.#parts.store.leases(page, this.#parts.clock.now(), holder);
  }

  /** Newest first. @throws NotFound. */
  async history(sessionId: number, page: Page): Promise<HistoryRow[]> {
    const rows = await this.#parts.store.history(sessionId, page);
    if (!rows) throw new NotFound('Session');
    return rows;
  }

  /** Grants nothing more, and rejects waiting requests. */
  close(): void {
    this.#closing = true;
    this.reaper.close();
    this.#acquirer.disperse();
  }

  async #refuseWithoutFiles(tags: readonly string[]): Promise<void> {
    const reason = this.#directoryGone;
    if (reason !== null) throw new SessionsDirectoryGone(reason, await this.counts(tags));
  }

  /** The answer to a request for which nothing came in time. */
  async #none(request: AcquireRequest): Promise<AcquireOutcome> {
    const { store, clock } = this.#parts;
    const counts = await store.counts(clock.now(), request);
    const shortage = request.channels && (await store.resolveShortage(request, clock.now()));
    return { kind: 'none', counts, ...(shortage && { shortage }) };
  }
}

/** What the pool is asked for, and what it has. */
export interface PoolDemand {
  /** The requests that wait, at all replicas. */
  readonly waiting: readonly WaitingFor[];
  /** Sessions that any request may lease. */
  readonly free: number;
  readonly leased: number;
}

/** The result of a release. */
export interface Released {
  /** False: there was nothing to release. */
  readonly changed: boolean;
  /** The role of the caller; null: there is no such session. */
  readonly as: Relation | null;
}

/** The result of a report. `until`: when the state ends, in milliseconds. */
export interface Reported extends Verdict {
  readonly state: string;
  readonly until: number | null;
  readonly as: Relation;
}

/** Clients write `messages.getHistory` or `messages.GetHistory`: the same method. */
function oneSpelling(method: string | null): string | null {
  return method?.toLowerCase() ?? null;
}

function inOneSpelling<Called extends { readonly method: string | null }>(called: Called): Called {
  return { ...called, method: oneSpelling(called.method) };
}
