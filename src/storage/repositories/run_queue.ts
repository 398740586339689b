import { and, asc, count, eq, gt, isNull, lte, sql } from 'drizzle-orm';
import { cancelled, deferred, ended, marked, type RunChange, taken } from '../../runs/rules.js';
import type { Run, RunStore } from '../../runs/store.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import {
  addRun,
  deleteOldRuns,
  endAbandoned,
  lockRun,
  lockSource,
  lockWithSource,
  ownedBy,
  writeRun,
} from './run_rows.js';

/** Which process executes which run. */
export function runQueue(
  units: UnitOfWorkRunner,
): Pick<
  RunStore,
  'begin' | 'take' | 'renew' | 'mark' | 'saveSessions' | 'saveTotal' | 'defer' | 'finish' | 'cancel'
> {
  /** Changes a run of this owner; returns it as it was before; null: it has another owner by now. */
  const changeOwned = (id: number, owner: string, change: (run: Run) => RunChange) =>
    units.run(async (unit) => {
      const run = await lockRun(unit, ownedBy(unit, id, owner));
      if (run) await writeRun(unit, run, change(run));
      return run ?? null;
    });
  return {
    begin: (sourceId, reason, now) => units.run((unit) => beginRun(unit, sourceId, reason, now)),
    take: (owner, until, most, now) =>
      units.run(async (unit) => {
        const run = await nextRun(unit, most, now);
        return run ? writeRun(unit, run, taken(run, owner, until, now)) : null;
      }),
    async renew(id, owner, until) {
      const run = await changeOwned(id, owner, () => ({ ownedUntil: until }));
      return run && { cancelRequested: run.cancelRequested };
    },
    async mark(id, owner, state, sessionName, now) {
      return (await changeOwned(id, owner, (run) => marked(run, state, sessionName, now))) !== null;
    },
    async saveSessions(id, owner, sessions) {
      return (await changeOwned(id, owner, () => ({ sessions: [...sessions] }))) !== null;
    },
    async saveTotal(id, owner, totalMessages) {
      return (await changeOwned(id, owner, () => ({ totalMessages }))) !== null;
    },
    async defer(id, owner, error, notBefore) {
      return (await changeOwned(id, owner, () => deferred(error, notBefore))) !== null;
    },
    finish: (id, owner, end, error, now) =>
      units.run(async (unit) => {
        const run = await lockWithSource(unit, id, owner);
        if (!run) return false;
        await writeRun(unit, run, ended(end, error, now));
        const { sources } = unit.tables;
        if (end === 'completed') {
          await unit.db.update(sources).set({ lastScrapedAt: now }).where(eq(sources.id, run.sourceId));
        }
        return true;
      }),
    cancel: (id, now) =>
      units.run(async (unit) => {
        const run = await lockRun(unit, eq(unit.tables.runs.id, id));
        if (!run) return null;
        const change = cancelled(run, now);
        if (change) await writeRun(unit, run, change);
        return change !== null;
      }),
  };
}

/** Adds a run, and deletes the source's runs that are not among its newest; a source has at most one unfinished run. */
async function beginRun(unit: UnitOfWork, ...[sourceId, reason, now]: Parameters<RunStore['begin']>) {
  const { db, tables } = unit;
  const { runs } = tables;
  if (!(await lockSource(unit, sourceId))) return { kind: 'unknown' } as const;
  const unfinished = and(eq(runs.sourceId, sourceId), isNull(runs.finishedAt));
  const [other] = await db.select({ id: runs.id }).from(runs).where(unfinished);
  if (other) return { kind: 'running', runId: other.id } as const;
  const run = await addRun(unit, sourceId, reason, now);
  await deleteOldRuns(unit, sourceId);
  return { kind: 'begun', run } as const;
}

/** The longest waiting run that can be taken now, locked, if fewer than `most` are executed at all replicas. */
async function nextRun(unit: UnitOfWork, most: number, now: number): Promise<Run | undefined> {
  // Two replicas that count at the same moment would both find room for one more.
  await unit.lock('runs');
  const { db, tables } = unit;
  const { runs } = tables;
  const { id, ownedUntil, notBefore, createdAt } = runs;
  const unfinished = isNull(runs.finishedAt);
  await endAbandoned(unit, now);
  const owned = and(unfinished, gt(ownedUntil, now));
  const [row] = await db.select({ n: count() }).from(runs).where(owned);
  if ((row?.n ?? 0) >= most) return undefined;
  // Once its ownership has expired, or its `not_before` has passed.
  const due = lte(sql`coalesce(${ownedUntil}, ${notBefore}, 0)`, now);
  const query = db
    .select()
    .from(runs)
    .where(and(unfinished, due))
    .orderBy(asc(sql`coalesce(${ownedUntil}, ${notBefore}, ${createdAt})`), asc(id))
    .limit(1);
  const [run] = await unit.forUpdate(query, 'skip locked');
  return run;
}
