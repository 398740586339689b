import { desc, eq } from 'drizzle-orm';
import type { Caller } from '../../pool/fencing.js';
import type {
  AcquireOutcome,
  AcquireRequest,
  Block,
  BlockOutcome,
  Flood,
  HistoryRow,
  LeaseRow,
  Outcome,
  Page,
  PoolCounts,
  PoolStore,
  RenewOutcome,
} from '../../pool/store.js';
import { Acquisition } from './acquisition.js';
import { block, liftMethods } from './blocks.js';
import type { Deadlines } from './deadlines.js';
import { listLeases, release, renew } from './held_leases.js';
import { CHANNEL } from './news.js';
import { readCounts } from './pool_counts.js';
import { prune } from './pruning.js';
import { type EndedRow, releaseStatement } from './release_statement.js';
import { forgetAnswer } from './repeats.js';
import { history, sessions } from './schema.js';
import type { Unit } from './unit.js';
import type { Units } from './units.js';

/** Leases in PostgreSQL. */
export class PoolTable implements PoolStore {
  readonly #units: Units;
  readonly #deadlines: Deadlines;
  readonly #acquisition: Acquisition;

  constructor(units: Units, deadlines: Deadlines) {
    this.#units = units;
    this.#deadlines = deadlines;
    this.#acquisition = new Acquisition(units, deadlines);
  }

  acquire(request: AcquireRequest, now: number): Promise<AcquireOutcome> {
    return this.#acquisition.acquire(request, now, () => this.counts(now));
  }

  renew(sessionId: number, leaseId: string, ttlSeconds: number | null, now: number): Promise<RenewOutcome> {
    return this.#unit(now, (unit) => renew(unit, sessionId, leaseId, ttlSeconds, now));
  }

  async release(sessionId: number, caller: Caller, flood: Flood | null, now: number): Promise<Outcome> {
    await this.#deadlines.pass(now);
    if (flood === null && (await this.#endedAtOnce(sessionId, caller, now)))
      return { kind: 'done', changed: true };
    return this.#units.run((unit) => release(unit, sessionId, caller, flood, now));
  }

  block(sessionId: number, caller: Caller, wanted: Block, now: number): Promise<BlockOutcome> {
    return this.#unit(now, (unit) => block(unit, sessionId, caller, wanted, now));
  }

  giveBack(sessionId: number, leaseId: string, now: number): Promise<void> {
    return this.#units.run(async (unit) => {
      const unreceived = await forgetAnswer(unit.db, leaseId);
      const row = await unit.byId(sessionId, now);
      if (!unreceived || row?.state !== 'leased' || row.leaseId !== leaseId) return;
      await unit.happen(row, 'release', { lastUsedAt: now }, { at: now, event: 'given_back' });
    });
  }

  restore(sessionId: number, now: number): Promise<Outcome> {
    return this.#unit(now, async (unit) => {
      const row = await unit.byId(sessionId, now);
      if (!row) return { kind: 'unknown' };
      const lifted = await liftMethods(unit, row);
      const occasion = { at: now, event: 'restored' };
      const restored = await unit.happen(lifted, 'restore', { suspectedAt: null }, occasion);
      return { kind: 'done', changed: restored !== null || lifted !== row };
    });
  }

  expire(limit: number, now: number): Promise<number> {
    return this.#deadlines.carryOut(now, limit);
  }

  async counts(now: number): Promise<PoolCounts> {
    await this.#deadlines.pass(now);
    return readCounts(this.#units);
  }

  leases(page: Page, now: number): Promise<LeaseRow[]> {
    return this.#unit(now, (unit) => listLeases(unit, page, now));
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

  /** Ends the lease in one statement where it is as plain as can be. */
  async #endedAtOnce(sessionId: number, caller: Caller, now: number): Promise<boolean> {
    const { holder, leaseId } = caller;
    const freed = this.#units.signals.freed(1);
    const query = releaseStatement({ sessionId, leaseId, holder, now, channel: CHANNEL, freed });
    const rows = await this.#units.statement<EndedRow>(query, (ended) => ({
      freed: ended.filter(({ state }) => state === 'free').length,
      notices: ended.map(({ id, name }) => ({
        ...{ sessionId: id, sessionName: name, at: now, event: 'released', detail: null },
      })),
      deadline: Number.POSITIVE_INFINITY,
    }));
    return rows.length > 0;
  }
}
