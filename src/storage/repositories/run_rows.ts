import { and, eq, type SQL } from 'drizzle-orm';
import type { RunChange } from '../../runs/rules.js';
import type { Run, RunReason } from '../../runs/store.js';
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

/** Returns the updated run. */
export async function writeRun(
  { db, tables: { runs } }: UnitOfWork,
  id: number,
  change: RunChange,
): Promise<Run | undefined> {
  const [run] = await db.update(runs).set(change).where(eq(runs.id, id)).returning();
  return run;
}
