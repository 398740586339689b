import { asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Page } from '../../kernel/page.js';
import { scrapedFile } from '../../scraping/batch_rules.js';
import type { Run, RunStore, ScrapedFile } from '../../scraping/store.js';
import type { InTransaction } from './in_transaction.js';
import { files, runs, sources } from './scraping_schema.js';

type Records = Pick<RunStore, 'run' | 'runs' | 'lastRuns' | 'files'>;

/** What runs were, and what they found, in PostgreSQL. */
export class RunRecords implements Records {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  run(id: number): Promise<Run | null> {
    return this.#run(async (db) => {
      const [run] = await db.select().from(runs).where(eq(runs.id, id));
      return run ?? null;
    });
  }

  runs(sourceId: number, { skip, limit }: Page): Promise<Run[]> {
    const ofSource = eq(runs.sourceId, sourceId);
    return this.#run((db) =>
      db.select().from(runs).where(ofSource).orderBy(desc(runs.id)).limit(limit).offset(skip),
    );
  }

  lastRuns(sourceIds: readonly number[]): Promise<Run[]> {
    // The end of each source's stretch of the index: its cost does not grow with the runs.
    const newest = sql<number>`(SELECT max(r.id) FROM runs AS r WHERE r.source_id = sources.id)`;
    return this.#run((db) => {
      const ids = db
        .select({ id: newest })
        .from(sources)
        .where(inArray(sources.id, [...sourceIds]));
      return db.select().from(runs).where(inArray(runs.id, ids)).orderBy(asc(runs.sourceId));
    });
  }

  files(runId: number, { skip, limit }: Page): Promise<ScrapedFile[]> {
    const ofRun = eq(files.runId, runId);
    return this.#run(async (db) => {
      const found = db.select().from(files).where(ofRun).orderBy(asc(files.messageId));
      return (await found.limit(limit).offset(skip)).map(scrapedFile);
    });
  }
}
