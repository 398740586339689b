import { and, asc, eq, inArray, lt, lte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Page } from '../../kernel/page.js';
import { loggable, MOST_LOG_ENTRIES } from '../../scraping/run_states.js';
import type { RunLogEntry, RunStore } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { runLogs, runs } from './scraping_schema.js';

type Logs = Pick<Synchronous<RunStore>, 'log' | 'logs' | 'pruneLogs'>;

/** What runs tell of themselves, in SQLite. */
export class RunLogs implements Logs {
  readonly #db: BetterSQLite3Database;
  readonly #insert;

  constructor(db: BetterSQLite3Database) {
    const column = sql.placeholder;
    this.#db = db;
    this.#insert = db
      .insert(runLogs)
      .values({
        runId: column('runId'),
        at: column('at'),
        level: column('level'),
        message: column('message'),
      })
      .prepare();
  }

  /** Entries of a run that is gone with its source go too. */
  log(runId: number, entries: readonly RunLogEntry[]): void {
    const known = this.#db.select({ id: runs.id }).from(runs).where(eq(runs.id, runId)).get();
    if (!known) return;
    for (const entry of loggable(entries)) this.#insert.run({ ...entry, runId });
    const newestTooMany = sql`(SELECT id FROM run_logs WHERE run_id = ${runId}
      ORDER BY id DESC LIMIT 1 OFFSET ${MOST_LOG_ENTRIES})`;
    this.#db
      .delete(runLogs)
      .where(and(eq(runLogs.runId, runId), lte(runLogs.id, newestTooMany)))
      .run();
  }

  logs(runId: number, { skip, limit }: Page): RunLogEntry[] {
    return this.#db
      .select({ at: runLogs.at, level: runLogs.level, message: runLogs.message })
      .from(runLogs)
      .where(eq(runLogs.runId, runId))
      .orderBy(asc(runLogs.id))
      .limit(limit)
      .offset(skip)
      .all();
  }

  pruneLogs(before: number, limit: number): number {
    const oldest = this.#db
      .select({ id: runLogs.id })
      .from(runLogs)
      .where(lt(runLogs.at, before))
      .orderBy(asc(runLogs.at))
      .limit(limit);
    return this.#db.delete(runLogs).where(inArray(runLogs.id, oldest)).run().changes;
  }
}
