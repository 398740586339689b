import { asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Page } from '../../kernel/page.js';
import { scrapedFile } from '../../scraping/batch_rules.js';
import type { Run, RunStore, ScrapedFile } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { files, runs, sources } from './scraping_schema.js';

type Records = Pick<Synchronous<RunStore>, 'run' | 'runs' | 'lastRuns' | 'files'>;

/** What runs were, and what they found, in SQLite. */
export class RunRecords implements Records {
  readonly #db: BetterSQLite3Database;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
  }

  run(id: number): Run | null {
    return this.#db.select().from(runs).where(eq(runs.id, id)).get() ?? null;
  }

  runs(sourceId: number, { skip, limit }: Page): Run[] {
    return this.#db
      .select()
      .from(runs)
      .where(eq(runs.sourceId, sourceId))
      .orderBy(desc(runs.id))
      .limit(limit)
      .offset(skip)
      .all();
  }

  lastRuns(sourceIds: readonly number[]): Run[] {
    // The end of each source's stretch of the index: its cost does not grow with the runs.
    const newest = sql<number>`(SELECT max(r.id) FROM runs AS r WHERE r.source_id = sources.id)`;
    const ids = this.#db
      .select({ id: newest })
      .from(sources)
      .where(inArray(sources.id, [...sourceIds]));
    return this.#db.select().from(runs).where(inArray(runs.id, ids)).orderBy(asc(runs.sourceId)).all();
  }

  files(runId: number, { skip, limit }: Page): ScrapedFile[] {
    return this.#db
      .select()
      .from(files)
      .where(eq(files.runId, runId))
      .orderBy(asc(files.messageId))
      .limit(limit)
      .offset(skip)
      .all()
      .map(scrapedFile);
  }
}
