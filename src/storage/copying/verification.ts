import { type CopiedTable, keyOf, type Row } from './copied_tables.js';
import { CopyFailed } from './copy_failed.js';

/**
 * Reads a table from both ends, each in the order of its primary key, and compares row with row.
 * @throws CopyFailed that names the first row and column that differ, and never a value.
 */
export async function verifyTable(
  table: CopiedTable,
  source: AsyncIterable<readonly Row[]>,
  target: AsyncIterable<readonly Row[]>,
  onVerified: (rows: number) => Promise<void>,
): Promise<void> {
  const copies = new Rows(target);
  for await (const rows of source) {
    for (const row of rows) {
      const copy = copies.take() ?? (await copies.takeNext());
      if (copy === undefined) throw different(table, row, 'is missing');
      compare(table, row, copy);
    }
    await onVerified(rows.length);
  }
  const extra = copies.take() ?? (await copies.takeNext());
  if (extra !== undefined) throw different(table, extra, 'is in no row of the source');
}

/** Rows one by one, without a promise for each. */
class Rows {
  readonly #pages: AsyncIterator<readonly Row[]>;
  #page: readonly Row[] = [];
  #at = 0;

  constructor(pages: AsyncIterable<readonly Row[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** The next row of those that are here; undefined: none is left of them. */
  take(): Row | undefined {
    const row = this.#page[this.#at];
    this.#at += 1;
    return row;
  }

  /** The first of the rows that follow; undefined: there are no more. */
  async takeNext(): Promise<Row | undefined> {
    const { done, value } = await this.#pages.next();
    this.#page = done ? [] : value;
    this.#at = 0;
    return this.take();
  }
}

function compare(table: CopiedTable, row: Row, copy: Row): void {
  for (const [at, { name, key }] of table.columns.entries()) {
    if (row[at] === copy[at]) continue;
    if (key) throw different(table, row, 'is missing, or not where it should be');
    throw different(table, row, `differs in ${name}`);
  }
}

function different(table: CopiedTable, row: Row, how: string): CopyFailed {
  return new CopyFailed(`The copy is not like its source: ${table.name}, ${keyOf(table, row)} ${how}.`);
}
