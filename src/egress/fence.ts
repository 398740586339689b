import type { Logger } from 'winston';
import { batchesOf } from '../kernel/batches.js';
import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import type { KnownCredentials } from './credentials.js';
import { LeaseTraffic } from './lease_traffic.js';
import type { CutReason, EgressMetrics, RefusalReason } from './metrics.js';
import type { EgressStore, EgressUse, FencedLease } from './store.js';

/** How often the leases with connections are looked up, in milliseconds: their end may not have been announced. */
const SWEEP_MS = 500;

/** How long a lease counts as current without a look at the database, for new connections, in milliseconds. */
const CONFIRMED_MS = 1000;

/** How many leases one query looks up. */
const LEASES_AT_ONCE = 1000;

/** A connection without a byte for this long is cut, in milliseconds; clients of Telegram ping every minute. */
const IDLE_MS = 15 * 60_000;

/** The same once one side has nothing more to say, in milliseconds. */
const HALF_CLOSED_MS = 60_000;

/** How many uses wait for the database to be written to the histories. */
const MAX_UNRECORDED = 10_000;

export interface FenceParts {
  readonly store: EgressStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: EgressMetrics;
  /**
   * How long before a lease's expiry its connections end, in milliseconds: more than the clocks of two replicas may
   * differ.
   */
  readonly marginMs: number;
  /** Whether the key of the holder is valid. */
  readonly isValid: (holder: string) => Promise<boolean>;
}

/** A connection that is being admitted; `isStale`: what was read of its session may be outdated. */
interface Admission {
  isStale: boolean;
}

/**
 * The leases that have connections at this replica. A connection is admitted while its lease is current, and cut
 * when that ends: at once if this replica hears of it, after `SWEEP_MS` if it does not, and without a database at the
 * lease's last known expiry.
 */
export class Fence {
  readonly #parts: FenceParts;
  readonly #traffic = new Map<number, LeaseTraffic>();
  readonly #admissions = new Map<number, Set<Admission>>();
  readonly #deadlines = new Map<LeaseTraffic, () => void>();
  #unrecorded: EgressUse[] = [];
  #stopSweep: (() => void) | null = null;
  #closed = false;

  constructor(parts: FenceParts) {
    this.#parts = parts;
  }

  /** The connections at this replica. */
  get open(): number {
    let open = 0;
    for (const { connections } of this.#traffic.values()) open += connections.size;
    return open;
  }

  /** The traffic of each lease at this replica. */
  traffic(): Iterable<LeaseTraffic> {
    return this.#traffic.values();
  }

  /** The traffic that a connection with these credentials belongs to, or why it is refused. @throws Unavailable. */
  async admit(credentials: KnownCredentials): Promise<LeaseTraffic | RefusalReason> {
    const { sessionId } = credentials;
    const known = this.#traffic.get(sessionId);
    const now = this.#parts.clock.now();
    if (known && credentials.belongTo(known.lease.leaseId) && now - known.confirmedAt < CONFIRMED_MS)
      return known.isOpen(now) ? known : 'lease_ended';
    const admission = { isStale: true };
    const admissions = this.#admissions.get(sessionId) ?? new Set();
    this.#admissions.set(sessionId, admissions.add(admission));
    try {
      return await this.#lookUp(credentials, admission);
    } finally {
      admissions.delete(admission);
      if (admissions.size === 0) this.#admissions.delete(sessionId);
    }
  }

  /** Called before anyone is told that it has this lease: connections of the session's earlier one are cut. */
  granted({ sessionId, leaseId }: Pick<FencedLease, 'sessionId' | 'leaseId'>): void {
    this.#outdate(sessionId);
    const traffic = this.#traffic.get(sessionId);
    if (traffic && traffic.lease.leaseId !== leaseId) this.#end(traffic, 'lease_ended');
  }

  /** The lease was renewed, and expires then. */
  renewed(sessionId: number, leaseId: string, expiresAt: number): void {
    const traffic = this.#traffic.get(sessionId);
    if (traffic?.lease.leaseId === leaseId) this.#confirm(traffic, expiresAt, this.#parts.clock.now());
  }

  /** Something happened to these sessions, here or at another replica: looks whether their leases still last. */
  happened(sessionIds: readonly number[]): void {
    if (this.#traffic.size === 0 && this.#admissions.size === 0) return;
    for (const id of sessionIds) this.#outdate(id);
    const concerned = sessionIds.flatMap((id) => this.#traffic.get(id) ?? []);
    // The next sweep looks again if this fails.
    if (concerned.length > 0) void this.#check([...new Set(concerned)]).catch(() => undefined);
  }

  /** A key was revoked: cuts the connections of its leases. */
  revoked(holder: string): void {
    for (const traffic of [...this.#traffic.values()])
      if (traffic.lease.holder === holder) this.#end(traffic, 'key_revoked');
  }

  /** Cuts every connection, admits no more, and writes down what went through. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopSweep?.();
    for (const traffic of [...this.#traffic.values()]) this.#end(traffic, 'stopping');
    await this.#record().catch((error: unknown) => {
      this.#parts.logger.warn('what went through the egress fence is missing in histories', { error });
    });
  }

  async #lookUp(credentials: KnownCredentials, admission: Admission): Promise<LeaseTraffic | RefusalReason> {
    const { store, clock, isValid } = this.#parts;
    const { sessionId } = credentials;
    while (admission.isStale && !this.#closed) {
      admission.isStale = false;
      const asked = clock.now();
      const [lease] = await store.fencedLeases([sessionId], asked);
      if (!lease || !credentials.belongTo(lease.leaseId)) return 'lease_ended';
      if (!(await isValid(lease.holder))) return 'key_revoked';
      if (!admission.isStale && !this.#closed) return this.#trafficOf(lease, asked);
    }
    return 'lease_ended';
  }

  #trafficOf(lease: FencedLease, asked: number): LeaseTraffic | RefusalReason {
    const known = this.#traffic.get(lease.sessionId);
    if (known?.lease.leaseId === lease.leaseId) {
      this.#confirm(known, lease.expiresAt, asked);
      return known.isOpen(this.#parts.clock.now()) ? known : 'lease_ended';
    }
    if (known) this.#end(known, 'lease_ended');
    const traffic = new LeaseTraffic(lease, lease.expiresAt - this.#parts.marginMs, asked);
    if (!traffic.isOpen(this.#parts.clock.now())) return 'lease_ended';
    this.#traffic.set(lease.sessionId, traffic);
    this.#endInTime(traffic);
    this.#sweepLater();
    return traffic;
  }

  #confirm(traffic: LeaseTraffic, expiresAt: number, at: number): void {
    traffic.confirm(expiresAt - this.#parts.marginMs, at);
  }

  /** Cuts at the deadline, wherever renewals have moved it by then. */
  #endInTime(traffic: LeaseTraffic): void {
    const { clock, timers } = this.#parts;
    const stop = timers.after(Math.max(1, traffic.deadline - clock.now()), () => {
      if (traffic.isOpen(clock.now())) this.#endInTime(traffic);
      else this.#end(traffic, 'lease_expired');
    });
    this.#deadlines.set(traffic, stop);
  }

  #outdate(sessionId: number): void {
    for (const admission of this.#admissions.get(sessionId) ?? []) admission.isStale = true;
  }

  #sweepLater(): void {
    if (this.#stopSweep !== null || this.#closed) return;
    this.#stopSweep = this.#parts.timers.after(SWEEP_MS, async () => {
      await this.#sweep();
      this.#stopSweep = null;
      if (this.#traffic.size > 0 || this.#unrecorded.length > 0) this.#sweepLater();
    });
  }

  async #sweep(): Promise<void> {
    this.#cutIdle();
    const all = [...this.#traffic.values()];
    try {
      for (const some of batchesOf(all, LEASES_AT_ONCE)) await this.#check(some);
      await this.#checkHolders();
      await this.#record();
    } catch (error) {
      this.#parts.logger.warn(
        'the leases at the egress fence cannot be looked up; each ends by its last known expiry',
        {
          leases: all.length,
          error,
        },
      );
    }
  }

  /** Looks up whether these leases still last. */
  async #check(all: readonly LeaseTraffic[]): Promise<void> {
    const { store, clock } = this.#parts;
    const asked = clock.now();
    const ids = all.map(({ lease }) => lease.sessionId);
    const current = new Map((await store.fencedLeases(ids, asked)).map((lease) => [lease.sessionId, lease]));
    for (const traffic of all) {
      const { sessionId, leaseId } = traffic.lease;
      const found = current.get(sessionId);
      if (found?.leaseId === leaseId) this.#confirm(traffic, found.expiresAt, asked);
      else this.#end(traffic, 'lease_ended');
    }
  }

  async #checkHolders(): Promise<void> {
    const holders = new Set([...this.#traffic.values()].map(({ lease }) => lease.holder));
    for (const holder of holders) if (!(await this.#parts.isValid(holder))) this.revoked(holder);
  }

  #cutIdle(): void {
    const now = this.#parts.clock.now();
    for (const { connections } of this.#traffic.values()) {
      for (const connection of [...connections]) {
        const { lastUsedAt, halfClosedAt } = connection;
        const isOver = halfClosedAt !== null && now - Math.max(lastUsedAt, halfClosedAt) > HALF_CLOSED_MS;
        if (!isOver && now - lastUsedAt <= IDLE_MS) continue;
        connection.cut();
        this.#parts.metrics.cut('idle', 1);
      }
    }
  }

  #end(traffic: LeaseTraffic, reason: CutReason): void {
    if (traffic.ended) return;
    const { lease } = traffic;
    this.#deadlines.get(traffic)?.();
    this.#deadlines.delete(traffic);
    if (this.#traffic.get(lease.sessionId) === traffic) this.#traffic.delete(lease.sessionId);
    const connections = traffic.end();
    const { metrics, logger } = this.#parts;
    metrics.cut(reason, connections);
    if (connections > 0) {
      const { sessionId: session_id, sessionName: session_name, holder } = lease;
      logger.info('egress connections were cut', { session_id, session_name, holder, connections, reason });
    }
    if (traffic.opened === 0) return;
    const use = traffic.use();
    metrics.leaseEnded(use);
    this.#unrecorded.push(use);
    if (this.#unrecorded.length > MAX_UNRECORDED) this.#unrecorded.shift();
    if (!this.#closed) this.#sweepLater();
  }

  async #record(): Promise<void> {
    const uses = this.#unrecorded;
    if (uses.length === 0) return;
    this.#unrecorded = [];
    try {
      await this.#parts.store.recordEgress(uses, this.#parts.clock.now());
    } catch (error) {
      this.#unrecorded = [...uses, ...this.#unrecorded].slice(-MAX_UNRECORDED);
      throw error;
    }
  }
}
