import { setImmediate } from 'node:timers/promises';
import { COPIED_TABLES, type CopiedTable } from './copied_tables.js';
import { CopyFailed } from './copy_failed.js';
import type { CopySource, CopyTarget, Readable } from './ends.js';
import { Tallies } from './tallies.js';
import { verifyTable } from './verification.js';

/** How far a copy is: so many rows of a table were copied, or read back and compared. */
export interface CopyProgress {
  readonly step: 'copying' | 'verifying';
  readonly table: string;
  readonly rows: number;
}

/** What a copy takes from whoever wants it. */
export interface CopySurroundings {
  /** Aborted: the copy ends, and nothing of it stays. */
  readonly signal: AbortSignal;
  onProgress(progress: CopyProgress): void;
}

/** A table that was copied. */
export interface CopiedRows {
  readonly table: string;
  readonly rows: number;
}

/** Writes all rows of the source, and what follows from them. @throws CopyFailed, or the signal's reason. */
export async function copyTables(
  source: CopySource,
  target: CopyTarget,
  around: CopySurroundings,
): Promise<CopiedRows[]> {
  const copied: CopiedRows[] = [];
  const tallies = new Tallies();
  for (const table of COPIED_TABLES) {
    const count = counter('copying', table, around);
    const rows = await naming(table, 'copied', around, async () => {
      for await (const page of source.rows(table)) {
        await target.insert(table, page);
        tallies.add(table, page);
        await count.add(page.length);
      }
      if (table.numbered) await target.continueFrom(table, await source.highestId(table));
      return count.rows();
    });
    copied.push({ table: table.name, rows });
  }
  await target.saveCounts(tallies.counts);
  return copied;
}

/** Reads all rows back and compares them with the source's. @throws CopyFailed, or the signal's reason. */
export async function verifyTables(
  source: Readable,
  target: Readable,
  around: CopySurroundings,
): Promise<void> {
  for (const table of COPIED_TABLES) {
    const count = counter('verifying', table, around);
    await naming(table, 'verified', around, () =>
      verifyTable(table, source.rows(table), target.rows(table), (rows) => count.add(rows)),
    );
  }
}

/** Counts the rows of one step, and ends it when the signal says so. */
function counter(step: CopyProgress['step'], { name: table }: CopiedTable, around: CopySurroundings) {
  let rows = 0;
  return {
    rows: () => rows,
    async add(more: number): Promise<void> {
      rows += more;
      around.onProgress({ step, table, rows });
      // A driver that never waits would keep the signal from being heard.
      await setImmediate();
      around.signal.throwIfAborted();
    },
  };
}

/** Says which table it was, where the driver's error does not. */
async function naming<Result>(
  table: CopiedTable,
  done: string,
  { signal }: CopySurroundings,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CopyFailed || error === signal.reason || !(error instanceof Error)) throw error;
    throw new CopyFailed(`${table.name} can't be ${done}: ${error.message}.`, { cause: error });
  }
}
