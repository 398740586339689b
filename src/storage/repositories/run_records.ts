import { and, asc, desc, eq, inArray, lt, lte, sql } from 'drizzle-orm';
import { batchesOf } from '../../kernel/batches.js';
import { loggable, MAX_LOG_ENTRIES_PER_RUN, scrapedFile } from '../../runs/rules.js';
import type { RunStore } from '../../runs/store.js';
import { affectedRows, type UnitOfWorkRunner } from '../unit_of_work.js';

/** How many log entries one statement writes. */
const ENTRIES_AT_ONCE = 1_000;

/** The records of runs. */
export function runRecords(units: UnitOfWorkRunner): Pick<RunStore, 'run' | 'runs' | 'lastRuns' | 'files'> {
  return {
    run: (id) =>
      units.run(async ({ db, tables: { runs } }) => {
        const [run] = await db.select().from(runs).where(eq(runs.id, id));
        return run ?? null;
      }),
    runs: (sourceId, { skip, limit }) =>
      units.run(({ db, tables: { runs } }) => {
        const ofSource = db.select().from(runs).where(eq(runs.sourceId, sourceId));
        return ofSource.orderBy(desc(runs.id)).limit(limit).offset(skip);
      }),
    lastRuns: (sourceIds) =>
      units.run(({ db, tables: { runs, sources } }) => {
        // Reads the end of each source's index range: its cost does not grow with the number of runs.
        const newest = sql<number>`(SELECT max(r.id) FROM runs AS r WHERE r.source_id = sources.id)`;
        const ids = db
          .select({ id: newest })
          .from(sources)
          .where(inArray(sources.id, [...sourceIds]));
        return db.select().from(runs).where(inArray(runs.id, ids)).orderBy(asc(runs.sourceId));
      }),
    files: (runId, { skip, limit }) =>
      units.run(async ({ db, tables: { files } }) => {
        const found = db.select().from(files).where(eq(files.runId, runId)).orderBy(asc(files.messageId));
        return (await found.limit(limit).offset(skip)).map(scrapedFile);
      }),
  };
}

/** The logs of runs. */
export function runLog(units: UnitOfWorkRunner): Pick<RunStore, 'log' | 'logs' | 'pruneLogs'> {
  return {
    /** Entries of a run that was deleted with its source are dropped. */
    log: (runId, entries) =>
      units.run(async (unit) => {
        const { db, tables } = unit;
        const { runs, runLogs } = tables;
        const known = db.select({ flowRunId: runs.flowRunId }).from(runs).where(eq(runs.id, runId));
        // One after the other: what Prefect has is the id of an entry, so lower ones must not become visible later.
        const [run] = await unit.forUpdate(known, 'no key update');
        if (!run) return;
        if (run.flowRunId !== null)
          await db.update(runs).set({ flowLogsDue: true }).where(eq(runs.id, runId));
        const rows = loggable(entries).map(({ at, level, message }) => ({ runId, at, level, message }));
        for (const some of batchesOf(rows, ENTRIES_AT_ONCE)) await db.insert(runLogs).values(some);
        const newestTooMany = sql`(SELECT id FROM run_logs WHERE run_id = ${runId}
          ORDER BY id DESC LIMIT 1 OFFSET ${MAX_LOG_ENTRIES_PER_RUN})`;
        await db.delete(runLogs).where(and(eq(runLogs.runId, runId), lte(runLogs.id, newestTooMany)));
      }),
    logs: (runId, { skip, limit }) =>
      units.run(({ db, tables: { runLogs } }) =>
        db
          .select({ at: runLogs.at, level: runLogs.level, message: runLogs.message })
          .from(runLogs)
          .where(eq(runLogs.runId, runId))
          .orderBy(asc(runLogs.id))
          .limit(limit)
          .offset(skip),
      ),
    pruneLogs: (before, limit) =>
      units.run(async (unit) => {
        const { runLogs } = unit.tables;
        const oldest = unit.db
          .select({ id: runLogs.id })
          .from(runLogs)
          .where(lt(runLogs.at, before))
          .orderBy(asc(runLogs.at))
          .limit(limit);
        const pruned = unit.db
          .delete(runLogs)
          .where(inArray(runLogs.id, unit.forUpdate(oldest, 'skip locked')));
        return affectedRows(await pruned);
      }),
  };
}
