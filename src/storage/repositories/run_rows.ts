import { and, eq, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import {
  ended,
  MAX_RUNS_PER_SOURCE,
  NO_FORM,
  type RunChange,
  unreportedIfChanged,
} from '../../runs/rules.js';
import type { Run, RunForm, RunReason } from '../../runs/store.js';
import type { UnitOfWork } from '../unit_of_work.js';

/** Adds a queued run. */
export async function addRun(
  { db, tables: { runs } }: UnitOfWork,
  sourceId: number,
  reason: RunReason,
  now: number,
  { limit, since, fileTypes }: RunForm = NO_FORM,
): Promise<Run> {
  const form = { limit, since, fileTypes: fileTypes && [...fileTypes] };
  const queued = { sourceId, state: 'queued', reason, createdAt: now, ...form } as const;
  const [run] = await db.insert(runs).values(queued).returning();
  if (!run) throw new Error('the started run was not returned');
  return run;
}

/** The first run that satisfies the condition, locked until the transaction ends. Lock order: the source, then its run. */
export async function lockRun(unit: UnitOfWork, condition: SQL | undefined): Promise<Run | undefined> {
  const [run] = await unit.forUpdate(unit.db.select().from(unit.tables.runs).where(condition));
  return run;
}

/** That the run has this id and belongs to this owner. */
export function ownedBy({ tables: { runs } }: UnitOfWork, id: number, owner: string): SQL | undefined {
  return and(eq(runs.id, id), eq(runs.owner, owner));
}

/** The owner's run, locked once its source is locked too. */
export async function lockWithSource(unit: UnitOfWork, id: number, owner: string): Promise<Run | undefined> {
  const { runs } = unit.tables;
  const own = ownedBy(unit, id, owner);
  const [run] = await unit.db.select({ sourceId: runs.sourceId }).from(runs).where(own);
  return run && (await lockSource(unit, run.sourceId)) ? lockRun(unit, own) : undefined;
}

/** Locks the source, if it exists, so that it is not deleted and no run of it starts. */
export async function lockSource(unit: UnitOfWork, id: number): Promise<boolean> {
  const { sources } = unit.tables;
  const source = unit.db.select({ id: sources.id }).from(sources).where(eq(sources.id, id));
  return (await unit.forUpdate(source, 'no key update')).length > 0;
}

/** Changes a locked run; returns it as it is now. */
export async function writeRun(
  { db, tables: { runs } }: UnitOfWork,
  run: Run,
  change: RunChange,
): Promise<Run> {
  const changed = db.update(runs).set(unreportedIfChanged(run, change)).where(eq(runs.id, run.id));
  return (await changed.returning())[0] ?? run;
}

/** That nobody executes the run. */
export function unowned({ tables: { runs } }: UnitOfWork, now: number): SQL {
  return lte(sql`coalesce(${runs.ownedUntil}, 0)`, now);
}

/** Ends cancelled runs that no replica executes: those of one source, or all. */
export async function endAbandoned(
  unit: UnitOfWork,
  now: number,
  sourceId: number | null = null,
): Promise<void> {
  const { runs } = unit.tables;
  const ofSource = sourceId === null ? undefined : eq(runs.sourceId, sourceId);
  const cancelled = and(isNull(runs.finishedAt), eq(runs.cancelRequested, true), ofSource);
  await unit.db
    .update(runs)
    .set({ ...ended('cancelled', null, now), flowReported: sql`flow_run_id IS NULL` })
    .where(and(cancelled, unowned(unit, now)));
}

/** Deletes the source's runs that are not among its newest. */
export async function deleteOldRuns({ db, tables: { runs } }: UnitOfWork, sourceId: number): Promise<void> {
  const newestTooMany = sql`(SELECT id FROM runs WHERE source_id = ${sourceId}
    ORDER BY id DESC LIMIT 1 OFFSET ${MAX_RUNS_PER_SOURCE})`;
  const old = and(eq(runs.sourceId, sourceId), lte(runs.id, newestTooMany), isNotNull(runs.finishedAt));
  await db.delete(runs).where(old);
}
