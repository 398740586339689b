import { and, eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { addedBy, checkBatch, NOTHING_STORED, progressed } from '../../scraping/batch_rules.js';
import type { Checkpoint, RunStore, StoredBatch } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { RunRows } from './run_rows.js';
import { ScrapedFileRows } from './scraped_file_rows.js';
import { checkpoints, files, sources } from './scraping_schema.js';

type Storing = Pick<Synchronous<RunStore>, 'checkpoint' | 'store' | 'storedAs'>;

/** What is stored of sources, in SQLite. */
export class RunStoring implements Storing {
  readonly #db: BetterSQLite3Database;
  readonly #rows: RunRows;
  readonly #files: ScrapedFileRows;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
    this.#rows = new RunRows(db);
    this.#files = new ScrapedFileRows(db);
  }

  checkpoint(sourceId: number): Checkpoint {
    const { lastMessageId, monthPath, monthBytes } = checkpoints;
    return (
      this.#db
        .select({ lastMessageId, monthPath, monthBytes })
        .from(checkpoints)
        .where(eq(checkpoints.sourceId, sourceId))
        .get() ?? NOTHING_STORED
    );
  }

  store(runId: number, owner: string, batch: StoredBatch, now: number): boolean {
    const run = this.#rows.owned(runId, owner);
    if (!run) return false;
    const before = this.checkpoint(run.sourceId);
    checkBatch(before, batch);
    for (const file of batch.files) this.#files.keep(run, file, now);
    this.#move(run.sourceId, batch.checkpoint);
    const added = addedBy(before, batch);
    this.#rows.write(runId, progressed(run, added));
    this.#db
      .update(sources)
      .set({
        totalMessages: sql`${sources.totalMessages} + ${added.messagesStored}`,
        totalFiles: sql`${sources.totalFiles} + ${added.filesDone}`,
      })
      .where(eq(sources.id, run.sourceId))
      .run();
    return true;
  }

  storedAs(sourceId: number, sha256: string): string | null {
    const content = and(eq(files.sourceId, sourceId), eq(files.sha256, Buffer.from(sha256, 'hex')));
    const found = this.#db
      .select({ path: files.path })
      .from(files)
      // As the index has it: SQLite takes one with a condition for the same words only.
      .where(and(content, sql`state = 'stored'`))
      .limit(1)
      .get();
    return found?.path ?? null;
  }

  #move(sourceId: number, { lastMessageId, monthPath, monthBytes }: Checkpoint): void {
    const moved = { lastMessageId, monthPath, monthBytes };
    this.#db
      .insert(checkpoints)
      .values({ sourceId, ...moved })
      .onConflictDoUpdate({ target: checkpoints.sourceId, set: moved })
      .run();
  }
}
