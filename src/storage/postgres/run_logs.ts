import { and, asc, eq, inArray, lt, lte, sql } from 'drizzle-orm';
import type { Page } from '../../kernel/page.js';
import { loggable, MOST_LOG_ENTRIES } from '../../scraping/run_states.js';
import type { RunLogEntry, RunStore } from '../../scraping/store.js';
import type { Db } from './connection.js';
import type { InTransaction } from './in_transaction.js';
import { runLogs, runs } from './scraping_schema.js';

type Logs = Pick<RunStore, 'log' | 'logs' | 'pruneLogs'>;

/** Rows that one statement writes. */
const ENTRIES_AT_ONCE = 1_000;

/** What runs tell of themselves, in PostgreSQL. */
export class RunLogs implements Logs {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  /** Entries of a run that is gone with its source go too. */
  log(runId: number, entries: readonly RunLogEntry[]): Promise<void> {
    const rows = loggable(entries).map(({ at, level, message }) => ({ runId, at, level, message }));
    return this.#run(async (db) => {
      const known = db.select({ id: runs.id }).from(runs).where(eq(runs.id, runId));
      if ((await known.for('key share')).length === 0) return;
      for (let from = 0; from < rows.length; from += ENTRIES_AT_ONCE) {
        await db.insert(runLogs).values(rows.slice(from, from + ENTRIES_AT_ONCE));
      }
      await dropOldest(db, runId);
    });
  }

  logs(runId: number, { skip, limit }: Page): Promise<RunLogEntry[]> {
    return this.#run((db) =>
      db
        .select({ at: runLogs.at, level: runLogs.level, message: runLogs.message })
        .from(runLogs)
        .where(eq(runLogs.runId, runId))
        .orderBy(asc(runLogs.id))
        .limit(limit)
        .offset(skip),
    );
  }

  pruneLogs(before: number, limit: number): Promise<number> {
    return this.#run(async (db) => {
      const oldest = db
        .select({ id: runLogs.id })
        .from(runLogs)
        .where(lt(runLogs.at, before))
        .orderBy(asc(runLogs.at))
        .limit(limit)
        .for('update', { skipLocked: true });
      return (await db.delete(runLogs).where(inArray(runLogs.id, oldest))).rowCount ?? 0;
    });
  }
}

async function dropOldest(db: Db, runId: number): Promise<void> {
  const newestTooMany = sql`(SELECT id FROM run_logs WHERE run_id = ${runId}
    ORDER BY id DESC LIMIT 1 OFFSET ${MOST_LOG_ENTRIES})`;
  await db.delete(runLogs).where(and(eq(runLogs.runId, runId), lte(runLogs.id, newestTooMany)));
}
