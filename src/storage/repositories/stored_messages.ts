import { and, eq, sql } from 'drizzle-orm';
import { batchesOf } from '../../kernel/batches.js';
import { addedBy, checkBatch, keptFile, NOTHING_STORED, progressed } from '../../runs/rules.js';
import type { Checkpoint, Run, RunProgress, RunStore, StoredBatch } from '../../runs/store.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { lockWithSource, writeRun } from './run_rows.js';

/** How many rows one statement writes. */
const FILES_AT_ONCE = 500;

/** The columns that replace those of a previously skipped file. */
const REPLACED_FILE = {
  runId: sql`excluded.run_id`,
  path: sql`excluded.path`,
  name: sql`excluded.name`,
  mimeType: sql`excluded.mime_type`,
  sizeBytes: sql`excluded.size_bytes`,
  sha256: sql`excluded.sha256`,
  state: sql`excluded.state`,
  reason: sql`excluded.reason`,
};

/** The checkpoint of each source, and the files of its messages. */
export function storedMessages(units: UnitOfWorkRunner): Pick<RunStore, 'checkpoint' | 'store' | 'storedAs'> {
  return {
    checkpoint: (sourceId) => units.run((unit) => checkpointOf(unit, sourceId)),
    store: (runId, owner, batch, now) =>
      units.run(async (unit) => {
        const run = await lockWithSource(unit, runId, owner);
        if (!run) return false;
        const before = await checkpointOf(unit, run.sourceId);
        checkBatch(before, batch);
        await keepFiles(unit, run, batch, now);
        await moveTo(unit, run.sourceId, batch.checkpoint);
        const added = addedBy(before, batch);
        await writeRun(unit, run, progressed(run, added));
        await addToTotals(unit, run.sourceId, added);
        return true;
      }),
    storedAs: (sourceId, sha256) =>
      units.run(async ({ db, tables: { files } }) => {
        const content = and(eq(files.sourceId, sourceId), eq(files.sha256, Buffer.from(sha256, 'hex')));
        // With the exact condition of the index: SQLite uses a partial index only for that.
        const stored = and(content, sql`state = 'stored'`);
        const [found] = await db.select({ path: files.path }).from(files).where(stored).limit(1);
        return found?.path ?? null;
      }),
  };
}

async function checkpointOf(
  { db, tables: { checkpoints } }: UnitOfWork,
  sourceId: number,
): Promise<Checkpoint> {
  const { lastMessageId, monthPath, monthBytes } = checkpoints;
  const [row] = await db
    .select({ lastMessageId, monthPath, monthBytes })
    .from(checkpoints)
    .where(eq(checkpoints.sourceId, sourceId));
  return row ?? NOTHING_STORED;
}

/** The file of a message is not changed, unless it was skipped before. */
async function keepFiles(
  { db, tables: { files } }: UnitOfWork,
  { id: runId, sourceId }: Run,
  batch: StoredBatch,
  now: number,
): Promise<void> {
  const rows = batch.files.map((file) => ({ ...keptFile(file), runId, sourceId, createdAt: now }));
  for (const some of batchesOf(rows, FILES_AT_ONCE)) {
    await db
      .insert(files)
      .values(some)
      .onConflictDoUpdate({
        target: [files.sourceId, files.messageId],
        set: REPLACED_FILE,
        setWhere: eq(files.state, 'skipped'),
      });
  }
}

async function moveTo(
  { db, tables: { checkpoints } }: UnitOfWork,
  sourceId: number,
  checkpoint: Checkpoint,
): Promise<void> {
  const { lastMessageId, monthPath, monthBytes } = checkpoint;
  const moved = { lastMessageId, monthPath, monthBytes };
  await db
    .insert(checkpoints)
    .values({ sourceId, ...moved })
    .onConflictDoUpdate({ target: checkpoints.sourceId, set: moved });
}

async function addToTotals(
  { db, tables: { sources } }: UnitOfWork,
  sourceId: number,
  added: RunProgress,
): Promise<void> {
  await db
    .update(sources)
    .set({
      totalMessages: sql`${sources.totalMessages} + ${added.messagesStored}`,
      totalFiles: sql`${sources.totalFiles} + ${added.filesDone}`,
    })
    .where(eq(sources.id, sourceId));
}
