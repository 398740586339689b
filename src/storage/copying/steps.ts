import { setImmediate } from 'node:timers/promises';
import type { StoredCondition } from '../../pool/account_condition.js';
import { countsOf } from '../../pool/session_state.js';
import type { State } from '../../pool/states.js';
import { ANCHOR } from '../saved_clock.js';
import { COPIED_TABLES, type CopiedTable, columnAt, keyOf, type Row } from './copied_tables.js';
import { CopyFailed, type CopySource, type CopyTarget, type Readable } from './ends.js';

/** The progress of a copy: rows of a table that were copied, or read back and compared. */
export interface CopyProgress {
  readonly step: 'copying' | 'verifying';
  readonly table: string;
  readonly rows: number;
}

/** The options of a copy. */
export interface CopySurroundings {
  /** If aborted, the copy ends and is discarded. */
  readonly signal: AbortSignal;
  onProgress(progress: CopyProgress): void;
}

/** A copied table. */
export interface CopiedRows {
  readonly table: string;
  readonly rows: number;
}

/** Writes all rows of the source, and what is derived from them. @throws CopyFailed, or the signal's reason. */
export async function copyTables(
  source: CopySource,
  target: CopyTarget,
  around: CopySurroundings,
): Promise<CopiedRows[]> {
  const copied: CopiedRows[] = [];
  const counts = new Map<string, number>();
  for (const table of COPIED_TABLES) {
    const count = counter('copying', table, around);
    const rows = await naming(table, 'copied', around, async () => {
      for await (const page of source.rows(table)) {
        await target.insert(table, page);
        if (table.name === 'sessions') countSessions(table, page, counts);
        await count.add(page.length);
      }
      if (table.numbered) await target.continueFrom(table, await source.highestId(table));
      return count.rows();
    });
    copied.push({ table: table.name, rows });
  }
  await target.saveCounts(counts);
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

/** Counts the rows of one step, and ends it if the signal is aborted. */
function counter(step: CopyProgress['step'], { name: table }: CopiedTable, around: CopySurroundings) {
  let rows = 0;
  return {
    rows: () => rows,
    async add(more: number): Promise<void> {
      rows += more;
      around.onProgress({ step, table, rows });
      // A driver that never waits would block the event loop and the signal.
      await setImmediate();
      around.signal.throwIfAborted();
    },
  };
}

/** Adds the table's name if the driver's error lacks it. */
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

/**
 * The source without the anchor of its clock, which is meaningless if the server is the clock. Deadlines are copied
 * unchanged: if the wall clock of the source's machine was stepped, they are off by that step.
 */
export function withoutAnchor(source: CopySource): CopySource {
  return {
    ...source,
    rows: (table) => (table.name === 'key_value' ? withoutValue(source, table) : source.rows(table)),
  };
}

async function* withoutValue(source: CopySource, table: CopiedTable): AsyncGenerator<readonly Row[]> {
  const name = columnAt(table, 'name');
  for await (const rows of source.rows(table)) yield rows.filter((row) => row[name] !== ANCHOR);
}

/** Counts these sessions as the pool does. */
function countSessions(table: CopiedTable, rows: readonly Row[], counts: Map<string, number>): void {
  const at = (name: string) => columnAt(table, name);
  const [state, methodFlooded, leaseHolder] = [at('state'), at('method_flooded'), at('lease_holder')];
  const condition = at('condition');
  for (const row of rows) {
    const names = countsOf({
      state: row[state] as State,
      methodFlooded: row[methodFlooded] !== 0,
      leaseHolder: row[leaseHolder] as string | null,
      condition: row[condition] as StoredCondition,
    });
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

/**
 * Reads a table from both databases, in the order of its primary key, and compares row by row.
 * @throws CopyFailed that names the first row and column that differ, but no value.
 */
async function verifyTable(
  table: CopiedTable,
  source: AsyncIterable<readonly Row[]>,
  target: AsyncIterable<readonly Row[]>,
  onVerified: (rows: number) => Promise<void>,
): Promise<void> {
  const pages = target[Symbol.asyncIterator]();
  let copies: readonly Row[] = [];
  /** Reads until there are so many copies, or no more. */
  const read = async (count: number) => {
    while (copies.length < count) {
      const { done, value } = await pages.next();
      if (done) return;
      copies = [...copies, ...value];
    }
  };
  for await (const rows of source) {
    await read(rows.length);
    for (const [at, row] of rows.entries()) compare(table, row, copies[at]);
    copies = copies.slice(rows.length);
    await onVerified(rows.length);
  }
  await read(1);
  if (copies[0]) throw different(table, copies[0], 'is in no row of the source');
}

function compare(table: CopiedTable, row: Row, copy: Row | undefined): void {
  if (copy === undefined) throw different(table, row, 'is missing');
  for (const [at, { name, key }] of table.columns.entries()) {
    if (row[at] === copy[at]) continue;
    if (key) throw different(table, row, 'is missing or out of order');
    throw different(table, row, `differs in ${name}`);
  }
}

function different(table: CopiedTable, row: Row, how: string): CopyFailed {
  return new CopyFailed(`The copy differs from its source: ${table.name}, ${keyOf(table, row)} ${how}.`);
}
