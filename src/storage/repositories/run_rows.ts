import { and, asc, count, eq, gt, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import { ended, MAX_RUNS_PER_SOURCE, type RunChange } from '../../runs/rules.js';
import type { Run, RunReason } from '../../runs/store.js';
import type { Tables } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';

/** Adds a queued run. */
export async function addRun(
  { db, tables: { runs } }: UnitOfWork,
  sourceId: number,
  reason: RunReason,
  now: number,
): Promise<Run> {
  const queued = { sourceId, state: 'queued', reason, createdAt: now } as const;
  const [run] = await db.insert(runs).values(queued).returning();
  if (!run) throw new Error('the started run was not returned');
  return run;
}

/** The rows of runs. Lock order: the source, then its run. */
export class RunRows {
  readonly #unit: UnitOfWork;
  readonly #runs: Tables['runs'];
  readonly #unfinished: SQL;

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
    this.#runs = unit.tables.runs;
    this.#unfinished = isNull(unit.tables.runs.finishedAt);
  }

  /** The run, locked until the transaction ends. */
  async locked(id: number): Promise<Run | undefined> {
    const query = this.#unit.db.select().from(this.#runs).where(eq(this.#runs.id, id));
    const [run] = await this.#unit.forUpdate(query);
    return run;
  }

  /** As `locked`, if it belongs to this owner. */
  async owned(id: number, owner: string): Promise<Run | undefined> {
    const own = and(eq(this.#runs.id, id), eq(this.#runs.owner, owner));
    const [run] = await this.#unit.forUpdate(this.#unit.db.select().from(this.#runs).where(own));
    return run;
  }

  /** As `owned`, once its source is locked too. */
  async ownedWithSource(id: number, owner: string): Promise<Run | undefined> {
    const own = and(eq(this.#runs.id, id), eq(this.#runs.owner, owner));
    const [run] = await this.#unit.db.select({ sourceId: this.#runs.sourceId }).from(this.#runs).where(own);
    return run && (await this.lockSource(run.sourceId)) ? this.owned(id, owner) : undefined;
  }

  /** Locks the source, if it exists, so that it is not deleted and no run of it starts. */
  async lockSource(id: number): Promise<boolean> {
    const { sources } = this.#unit.tables;
    const source = this.#unit.db.select({ id: sources.id }).from(sources).where(eq(sources.id, id));
    return (await this.#unit.forUpdate(source, 'no key update')).length > 0;
  }

  /** The source's run that has not ended: there is at most one. */
  async unfinished(sourceId: number): Promise<Pick<Run, 'id'> | undefined> {
    const [run] = await this.#unit.db
      .select({ id: this.#runs.id })
      .from(this.#runs)
      .where(and(eq(this.#runs.sourceId, sourceId), this.#unfinished));
    return run;
  }

  /** How many are running, at all replicas. */
  async carriedOut(now: number): Promise<number> {
    const owned = and(this.#unfinished, gt(this.#runs.ownedUntil, now));
    const [row] = await this.#unit.db.select({ n: count() }).from(this.#runs).where(owned);
    return row?.n ?? 0;
  }

  /** Ends cancelled runs that no replica executes. */
  async endAbandoned(now: number): Promise<void> {
    const unowned = lte(sql`coalesce(${this.#runs.ownedUntil}, 0)`, now);
    await this.#unit.db
      .update(this.#runs)
      .set(ended('cancelled', null, now))
      .where(and(this.#unfinished, eq(this.#runs.cancelRequested, true), unowned));
  }

  /** The longest waiting one that can be taken now; locked. */
  async next(now: number): Promise<Run | undefined> {
    const { id, ownedUntil, notBefore, createdAt } = this.#runs;
    // Once its ownership has expired, or its `not_before` has passed.
    const due = lte(sql`coalesce(${ownedUntil}, ${notBefore}, 0)`, now);
    const query = this.#unit.db
      .select()
      .from(this.#runs)
      .where(and(this.#unfinished, due))
      .orderBy(asc(sql`coalesce(${ownedUntil}, ${notBefore}, ${createdAt})`), asc(id))
      .limit(1);
    const [run] = await this.#unit.forUpdate(query, 'skip locked');
    return run;
  }

  /** Returns the updated run. */
  async write(id: number, change: RunChange): Promise<Run | undefined> {
    const [run] = await this.#unit.db.update(this.#runs).set(change).where(eq(this.#runs.id, id)).returning();
    return run;
  }

  /** Deletes the source's runs that are not among its newest. */
  async dropOld(sourceId: number): Promise<void> {
    const newestTooMany = sql`(SELECT id FROM runs WHERE source_id = ${sourceId}
      ORDER BY id DESC LIMIT 1 OFFSET ${MAX_RUNS_PER_SOURCE})`;
    const old = and(
      eq(this.#runs.sourceId, sourceId),
      lte(this.#runs.id, newestTooMany),
      isNotNull(this.#runs.finishedAt),
    );
    await this.#unit.db.delete(this.#runs).where(old);
  }
}
