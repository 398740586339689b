import { and, eq, sql } from 'drizzle-orm';
import { addedBy, checkBatch, keptFile, NOTHING_STORED, progressed } from '../../scraping/batch_rules.js';
import type { Checkpoint, Run, RunProgress, RunStore, StoredBatch } from '../../scraping/store.js';
import { REPLACED_FILE } from '../replaced_file.js';
import type { Db } from './connection.js';
import type { InTransaction } from './in_transaction.js';
import { RunRows } from './run_rows.js';
import { checkpoints, files, sources } from './scraping_schema.js';

type Storing = Pick<RunStore, 'checkpoint' | 'store' | 'storedAs'>;

/** Rows that one statement writes. */
const FILES_AT_ONCE = 500;

/** What is stored of sources, in PostgreSQL. */
export class RunStoring implements Storing {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  checkpoint(sourceId: number): Promise<Checkpoint> {
    return this.#run((db) => checkpointOf(db, sourceId));
  }

  store(runId: number, owner: string, batch: StoredBatch, now: number): Promise<boolean> {
    return this.#run(async (db) => {
      const rows = new RunRows(db);
      const run = await rows.ownedWithSource(runId, owner);
      if (!run) return false;
      const before = await checkpointOf(db, run.sourceId);
      checkBatch(before, batch);
      await keep(db, run, batch, now);
      await moveTo(db, run.sourceId, batch.checkpoint);
      const added = addedBy(before, batch);
      await rows.write(runId, progressed(run, added));
      await addToTotals(db, run.sourceId, added);
      return true;
    });
  }

  storedAs(sourceId: number, sha256: string): Promise<string | null> {
    const content = and(eq(files.sourceId, sourceId), eq(files.sha256, Buffer.from(sha256, 'hex')));
    return this.#run(async (db) => {
      const stored = and(content, sql`state = 'stored'`);
      const [found] = await db.select({ path: files.path }).from(files).where(stored).limit(1);
      return found?.path ?? null;
    });
  }
}

async function checkpointOf(db: Db, sourceId: number): Promise<Checkpoint> {
  const { lastMessageId, monthPath, monthBytes } = checkpoints;
  const [row] = await db
    .select({ lastMessageId, monthPath, monthBytes })
    .from(checkpoints)
    .where(eq(checkpoints.sourceId, sourceId));
  return row ?? NOTHING_STORED;
}

/** What a message's file is stays so, unless it was skipped before. */
async function keep(db: Db, run: Run, batch: StoredBatch, now: number): Promise<void> {
  const { id: runId, sourceId } = run;
  const rows = batch.files.map((file) => ({ ...keptFile(file), runId, sourceId, createdAt: now }));
  for (let from = 0; from < rows.length; from += FILES_AT_ONCE) {
    await db
      .insert(files)
      .values(rows.slice(from, from + FILES_AT_ONCE))
      .onConflictDoUpdate({
        target: [files.sourceId, files.messageId],
        set: REPLACED_FILE,
        setWhere: eq(files.state, 'skipped'),
      });
  }
}

async function moveTo(db: Db, sourceId: number, checkpoint: Checkpoint): Promise<void> {
  const { lastMessageId, monthPath, monthBytes } = checkpoint;
  const moved = { lastMessageId, monthPath, monthBytes };
  await db
    .insert(checkpoints)
    .values({ sourceId, ...moved })
    .onConflictDoUpdate({ target: checkpoints.sourceId, set: moved });
}

async function addToTotals(db: Db, sourceId: number, added: RunProgress): Promise<void> {
  await db
    .update(sources)
    .set({
      totalMessages: sql`${sources.totalMessages} + ${added.messagesStored}`,
      totalFiles: sql`${sources.totalFiles} + ${added.filesDone}`,
    })
    .where(eq(sources.id, sourceId));
}
