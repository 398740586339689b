import { eq } from 'drizzle-orm';
import { cancelled, deferred, ended, marked, type RunChange, taken } from '../../runs/rules.js';
import type { Run, RunStore } from '../../runs/store.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { addRun, RunRows } from './run_rows.js';

/** Which process executes which run. */
export function runQueue(
  units: UnitOfWorkRunner,
): Pick<RunStore, 'begin' | 'take' | 'renew' | 'mark' | 'defer' | 'finish' | 'cancel'> {
  /** Changes a run of this owner; returns it as it was before; null: it has another owner by now. */
  const changeOwned = (id: number, owner: string, change: (run: Run) => RunChange) =>
    units.run(async (unit) => {
      const rows = new RunRows(unit);
      const run = await rows.owned(id, owner);
      if (run) await rows.write(id, change(run));
      return run ?? null;
    });
  return {
    begin: (sourceId, reason, now) =>
      units.run(async (unit) => {
        const rows = new RunRows(unit);
        if (!(await rows.lockSource(sourceId))) return { kind: 'unknown' };
        const other = await rows.unfinished(sourceId);
        if (other) return { kind: 'running', runId: other.id };
        const run = await addRun(unit, sourceId, reason, now);
        await rows.dropOld(sourceId);
        return { kind: 'begun', run };
      }),
    take: (owner, until, most, now) =>
      units.run(async (unit) => {
        // Two replicas that count at the same moment would both find room for one more.
        await unit.lock('runs');
        const rows = new RunRows(unit);
        await rows.endAbandoned(now);
        if ((await rows.carriedOut(now)) >= most) return null;
        const run = await rows.next(now);
        return run ? ((await rows.write(run.id, taken(run, owner, until, now))) ?? null) : null;
      }),
    async renew(id, owner, until) {
      const run = await changeOwned(id, owner, () => ({ ownedUntil: until }));
      return run && { cancelRequested: run.cancelRequested };
    },
    async mark(id, owner, state, sessionName, now) {
      return (await changeOwned(id, owner, (run) => marked(run, state, sessionName, now))) !== null;
    },
    async defer(id, owner, error, notBefore) {
      return (await changeOwned(id, owner, () => deferred(error, notBefore))) !== null;
    },
    finish: (id, owner, end, error, now) =>
      units.run(async (unit) => {
        const rows = new RunRows(unit);
        const run = await rows.ownedWithSource(id, owner);
        if (!run) return false;
        await rows.write(id, ended(end, error, now));
        const { sources } = unit.tables;
        if (end === 'completed') {
          await unit.db.update(sources).set({ lastScrapedAt: now }).where(eq(sources.id, run.sourceId));
        }
        return true;
      }),
    cancel: (id, now) =>
      units.run(async (unit) => {
        const rows = new RunRows(unit);
        const run = await rows.locked(id);
        if (!run) return null;
        const change = cancelled(run, now);
        if (change) await rows.write(id, change);
        return change !== null;
      }),
  };
}
