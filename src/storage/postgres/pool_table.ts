import { desc, eq } from 'drizzle-orm';
import { Unavailable } from '../../errors.js';
import type { Page } from '../../kernel/page.js';
import type { Caller } from '../../pool/lease_authorization.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  Block,
  BlockOutcome,
  CountScope,
  Flood,
  HistoryRow,
  LeaseRow,
  Outcome,
  PoolCounts,
  PoolStore,
  RenewOutcome,
} from '../../pool/store.js';
import { Acquisition } from './acquisition.js';
import { block, liftMethods } from './blocks.js';
import { type Deadlines, MANY_AT_ONCE } from './deadlines.js';
import { OutcomeUnknown } from './failures.js';
import { giveBack, listLeases, release, renew, revokeLeases } from './held_leases.js';
import { PlainReleases } from './plain_releases.js';
import { readCounts } from './pool_counts.js';
import { prune } from './pruning.js';
import { history, sessions } from './schema.js';
import type { Unit } from './unit.js';
import type { Units } from './units.js';
import type { UnknownLeases } from './unknown_leases.js';

/** Leases in PostgreSQL. */
export class PoolTable implements PoolStore {
  readonly #units: Units;
  readonly #deadlines: Deadlines;
  readonly #acquisition: Acquisition;
  readonly #releases: PlainReleases;
  readonly #unknown: UnknownLeases;

  /** `lanes`: how many statements of one kind may be under way at once. */
  constructor(units: Units, deadlines: Deadlines, unknown: UnknownLeases, lanes: number) {
    this.#units = units;
    this.#unknown = unknown;
    this.#deadlines = deadlines;
    this.#acquisition = new Acquisition(units, deadlines, lanes);
    this.#releases = new PlainReleases(units, lanes);
  }

  acquire(request: AcquireRequest, now: number): Promise<AcquireOutcome> {
    const granting = this.#acquisition.acquire(request, now, () => this.counts(now, request));
    return this.#endingLater(request.leaseId, now, granting, OutcomeUnknown);
  }

  renew(sessionId: number, caller: Caller, ttlSeconds: number | null, now: number): Promise<RenewOutcome> {
    return this.#unit(now, (unit) => renew(unit, sessionId, caller, ttlSeconds, now));
  }

  async release(sessionId: number, caller: Caller, flood: Flood | null, now: number): Promise<Outcome> {
    await this.#deadlines.pass(now);
    if (flood === null && (await this.#releases.end(sessionId, caller, now)))
      return { kind: 'done', changed: true, as: 'holder' };
    return this.#units.run((unit) => release(unit, sessionId, caller, flood, now));
  }

  block(sessionId: number, caller: Caller, wanted: Block, now: number): Promise<BlockOutcome> {
    return this.#unit(now, (unit) => block(unit, sessionId, caller, wanted, now));
  }

  giveBack(sessionId: number, leaseId: string, now: number): Promise<void> {
    const ending = this.#units.run((unit) => giveBack(unit, sessionId, leaseId, now));
    return this.#endingLater(leaseId, now, ending, Unavailable);
  }

  restore(sessionId: number, now: number): Promise<Outcome> {
    return this.#unit(now, async (unit) => {
      const row = await unit.byId(sessionId, now);
      if (!row) return { kind: 'unknown' };
      const lifted = await liftMethods(unit, row);
      const entry = { at: now, event: 'restored' };
      const restored = await unit.happen(lifted, 'restore', { suspectedAt: null }, entry);
      return { kind: 'done', changed: restored !== null || lifted !== row, as: 'admin' };
    });
  }

  revokeLeases(holder: string, by: string, limit: number, now: number): Promise<number> {
    return this.#unit(now, (unit) => revokeLeases(unit, holder, by, limit, now));
  }

  expire(limit: number, now: number): Promise<number> {
    return this.#deadlines.carryOut(now, limit);
  }

  async counts(now: number, scope?: CountScope): Promise<PoolCounts> {
    await this.#deadlines.pass(now, MANY_AT_ONCE);
    return readCounts(this.#units, scope);
  }

  leases(page: Page, now: number, tags: readonly string[] = []): Promise<LeaseRow[]> {
    return this.#unit(now, (unit) => listLeases(unit, page, now, tags));
  }

  history(sessionId: number, page: Page): Promise<HistoryRow[] | null> {
    return this.#units.run(async ({ db }) => {
      const entries = await db
        .select()
        .from(history)
        .where(eq(history.sessionId, sessionId))
        .orderBy(desc(history.id))
        .limit(page.limit)
        .offset(page.skip);
      if (entries.length > 0) return entries.map(({ sessionId: _, ...entry }) => entry);
      const known = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
      return known.length > 0 ? [] : null;
    });
  }

  prune(maxRows: number, before: number, limit: number): Promise<number> {
    return prune(this.#units, maxRows, before, limit);
  }

  async #unit<Result>(now: number, work: (unit: Unit) => Promise<Result>): Promise<Result> {
    await this.#deadlines.pass(now);
    return this.#units.run(work);
  }

  /** Sees to it that a lease which nobody has is ended, if `result` is a `failure`. */
  async #endingLater<Result>(
    leaseId: string,
    now: number,
    result: Promise<Result>,
    failure: typeof Unavailable | typeof OutcomeUnknown,
  ): Promise<Result> {
    try {
      return await result;
    } catch (error) {
      if (error instanceof failure) this.#unknown.add(leaseId, now);
      throw error;
    }
  }
}
