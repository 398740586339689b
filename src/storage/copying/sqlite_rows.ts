import type { Database } from 'better-sqlite3';
import type { CopiedTable, Kind, Row, Value } from './copied_tables.js';

/** Rows that are read at once: memory stays small however long the table is. */
const ROWS_AT_ONCE = 2_000;

/** Reads a table in the order of its primary key. */
export async function* readSqlite(sqlite: Database, table: CopiedTable): AsyncGenerator<Row[]> {
  const statement = sqlite.prepare<[], unknown[]>(
    `SELECT ${quoted(table.columns)} FROM "${table.name}" ORDER BY ${quoted(table.key)}`,
  );
  const kinds = table.columns.map(({ kind }) => kind);
  let rows: Row[] = [];
  for (const row of statement.raw().iterate()) {
    rows.push(kinds.map((kind, at) => fromSqlite(kind, row[at])));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** Makes the function that writes rows of a table. */
export function sqliteWriter(sqlite: Database, table: CopiedTable): (rows: readonly Row[]) => void {
  const places = table.columns.map(() => '?').join(', ');
  const insert = sqlite.prepare(`INSERT INTO "${table.name}" (${quoted(table.columns)}) VALUES (${places})`);
  const kinds = table.columns.map(({ kind }) => kind);
  return (rows) => {
    for (const row of rows) insert.run(kinds.map((kind, at) => toSqlite(kind, row[at] ?? null)));
  };
}

function fromSqlite(kind: Kind, value: unknown): Value {
  if (kind === 'bytes' && Buffer.isBuffer(value)) return value.toString('hex');
  // Of one list, one text: whoever wrote it may have put blanks between.
  if (kind === 'list' && typeof value === 'string') return JSON.stringify(JSON.parse(value));
  return value as Value;
}

function toSqlite(kind: Kind, value: Value): Value | Buffer {
  return kind === 'bytes' && value !== null ? Buffer.from(String(value), 'hex') : value;
}

function quoted(columns: CopiedTable['columns']): string {
  return columns.map(({ name }) => `"${name}"`).join(', ');
}
