import { and, asc, count, eq, gt, isNotNull, isNull, lte, sql } from 'drizzle-orm';
import { ended, MOST_RUNS_OF_SOURCE, type RunChange } from '../../scraping/run_states.js';
import type { Run, RunReason } from '../../scraping/store.js';
import type { Db } from './connection.js';
import { runs, sources } from './scraping_schema.js';

const UNFINISHED = isNull(runs.finishedAt);

/** When somebody may have the run: once its owner's time is over, or what it was deferred until has come. */
const DUE_AT = sql`coalesce(${runs.ownedUntil}, ${runs.notBefore}, 0)`;

/** Since when it could have gone on. */
const WAITS_SINCE = sql`coalesce(${runs.ownedUntil}, ${runs.notBefore}, ${runs.createdAt})`;

/** The rows of runs. Who locks a source and its run locks the source first. */
export class RunRows {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The run, locked until the transaction ends. */
  async locked(id: number): Promise<Run | undefined> {
    const [run] = await this.#db.select().from(runs).where(eq(runs.id, id)).for('update');
    return run;
  }

  /** As `locked`, if it is this owner's. */
  async owned(id: number, owner: string): Promise<Run | undefined> {
    const own = and(eq(runs.id, id), eq(runs.owner, owner));
    const [run] = await this.#db.select().from(runs).where(own).for('update');
    return run;
  }

  /** As `owned`, once its source is locked too. */
  async ownedWithSource(id: number, owner: string): Promise<Run | undefined> {
    const own = and(eq(runs.id, id), eq(runs.owner, owner));
    const [run] = await this.#db.select({ sourceId: runs.sourceId }).from(runs).where(own);
    return run && (await this.lockSource(run.sourceId)) ? this.owned(id, owner) : undefined;
  }

  /** Locks the source, if there is one; nobody removes it then, or begins a run of it. */
  async lockSource(id: number): Promise<boolean> {
    const source = this.#db.select({ id: sources.id }).from(sources).where(eq(sources.id, id));
    return (await source.for('no key update')).length > 0;
  }

  /** The run of the source that has not ended: there is one at the most. */
  async unfinished(sourceId: number): Promise<Pick<Run, 'id'> | undefined> {
    const [run] = await this.#db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.sourceId, sourceId), UNFINISHED));
    return run;
  }

  /** How many are carried out, by all replicas. */
  async carriedOut(now: number): Promise<number> {
    const owned = and(UNFINISHED, gt(runs.ownedUntil, now));
    const [row] = await this.#db.select({ n: count() }).from(runs).where(owned);
    return row?.n ?? 0;
  }

  /** Ends those that are to be cancelled, and that nobody carries out. */
  async endAbandoned(now: number): Promise<void> {
    const unowned = lte(sql`coalesce(${runs.ownedUntil}, 0)`, now);
    await this.#db
      .update(runs)
      .set(ended('cancelled', null, now))
      .where(and(UNFINISHED, eq(runs.cancelRequested, true), unowned));
  }

  /** The one that has waited longest, of those that somebody may have now; locked. */
  async next(now: number): Promise<Run | undefined> {
    const [run] = await this.#db
      .select()
      .from(runs)
      .where(and(UNFINISHED, lte(DUE_AT, now)))
      .orderBy(asc(WAITS_SINCE), asc(runs.id))
      .limit(1)
      .for('update', { skipLocked: true });
    return run;
  }

  async add(sourceId: number, reason: RunReason, now: number): Promise<Run> {
    const queued = { sourceId, state: 'queued', reason, createdAt: now } as const;
    const [run] = await this.#db.insert(runs).values(queued).returning();
    if (!run) throw new Error('the run that was begun did not come back');
    return run;
  }

  /** The run as it is then. */
  async write(id: number, change: RunChange): Promise<Run | undefined> {
    const [run] = await this.#db.update(runs).set(change).where(eq(runs.id, id)).returning();
    return run;
  }

  /** Forgets the runs of the source that are not among its newest. */
  async dropOld(sourceId: number): Promise<void> {
    const newestTooMany = sql`(SELECT id FROM runs WHERE source_id = ${sourceId}
      ORDER BY id DESC LIMIT 1 OFFSET ${MOST_RUNS_OF_SOURCE})`;
    const old = and(eq(runs.sourceId, sourceId), lte(runs.id, newestTooMany), isNotNull(runs.finishedAt));
    await this.#db.delete(runs).where(old);
  }
}
