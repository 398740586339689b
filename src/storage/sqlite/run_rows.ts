import { and, asc, count, eq, gt, isNotNull, isNull, lte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { MOST_RUNS_OF_SOURCE, type RunChange } from '../../scraping/run_states.js';
import type { Run, RunReason } from '../../scraping/store.js';
import { runs, sources } from './scraping_schema.js';

const UNFINISHED = isNull(runs.finishedAt);

/** When somebody may have the run: once its owner's time is over, or what it was deferred until has come. */
const DUE_AT = sql`coalesce(${runs.ownedUntil}, ${runs.notBefore}, 0)`;

/** Since when it could have gone on. */
const WAITS_SINCE = sql`coalesce(${runs.ownedUntil}, ${runs.notBefore}, ${runs.createdAt})`;

/** The rows of runs. */
export class RunRows {
  readonly #db: BetterSQLite3Database;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
  }

  byId(id: number): Run | undefined {
    return this.#db.select().from(runs).where(eq(runs.id, id)).get();
  }

  /** The run, if it is this owner's. */
  owned(id: number, owner: string): Run | undefined {
    return this.#db
      .select()
      .from(runs)
      .where(and(eq(runs.id, id), eq(runs.owner, owner)))
      .get();
  }

  /** The run of the source that has not ended: there is one at the most. */
  unfinished(sourceId: number): Run | undefined {
    return this.#db
      .select()
      .from(runs)
      .where(and(eq(runs.sourceId, sourceId), UNFINISHED))
      .get();
  }

  /** How many are carried out. */
  carriedOut(now: number): number {
    const owned = and(UNFINISHED, gt(runs.ownedUntil, now));
    return this.#db.select({ n: count() }).from(runs).where(owned).get()?.n ?? 0;
  }

  /** Those that are to be cancelled, and that nobody carries out. */
  abandoned(now: number): Run[] {
    const unowned = lte(sql`coalesce(${runs.ownedUntil}, 0)`, now);
    return this.#db
      .select()
      .from(runs)
      .where(and(UNFINISHED, eq(runs.cancelRequested, true), unowned))
      .all();
  }

  /** The one that has waited longest, of those that somebody may have now. */
  next(now: number): Run | undefined {
    return this.#db
      .select()
      .from(runs)
      .where(and(UNFINISHED, lte(DUE_AT, now)))
      .orderBy(asc(WAITS_SINCE), asc(runs.id))
      .limit(1)
      .get();
  }

  hasSource(id: number): boolean {
    return this.#db.select({ id: sources.id }).from(sources).where(eq(sources.id, id)).get() !== undefined;
  }

  add(sourceId: number, reason: RunReason, now: number): Run {
    return this.#db
      .insert(runs)
      .values({ sourceId, state: 'queued', reason, createdAt: now })
      .returning()
      .get();
  }

  write(id: number, change: RunChange): void {
    this.#db.update(runs).set(change).where(eq(runs.id, id)).run();
  }

  /** Forgets the runs of the source that are not among its newest. */
  dropOld(sourceId: number): void {
    const newestTooMany = sql`(SELECT id FROM runs WHERE source_id = ${sourceId}
      ORDER BY id DESC LIMIT 1 OFFSET ${MOST_RUNS_OF_SOURCE})`;
    const old = and(eq(runs.sourceId, sourceId), lte(runs.id, newestTooMany), isNotNull(runs.finishedAt));
    this.#db.delete(runs).where(old).run();
  }
}
