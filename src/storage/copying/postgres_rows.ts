import type { Client } from 'pg';
import {
  type CopiedColumn,
  type CopiedTable,
  type Kind,
  keyOf,
  type Row,
  type Value,
} from './copied_tables.js';
import { CopyFailed } from './copy_failed.js';

/** Rows that are read at once: memory stays small however long the table is. */
const ROWS_AT_ONCE = 2_000;

/** Reads a table in the order of its primary key, within the connection's transaction. */
export async function* readPostgres(client: Client, table: CopiedTable): AsyncGenerator<Row[]> {
  const cursor = `reading_${table.name}`;
  const columns = table.columns.map(({ name }) => `"${name}"`).join(', ');
  const order = table.key.map(({ name, kind }) => `"${name}"${kind === 'text' ? ' COLLATE "C"' : ''}`);
  await client.query(
    `DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT ${columns} FROM ${table.name} ORDER BY ${order.join(', ')}`,
  );
  const kinds = table.columns.map(({ kind }) => kind);
  for (;;) {
    const fetch = { text: `FETCH ${ROWS_AT_ONCE} FROM ${cursor}`, rowMode: 'array' } as const;
    const { rows } = await client.query<unknown[]>(fetch);
    if (rows.length === 0) break;
    yield rows.map((row) => kinds.map((kind, at) => fromPostgres(kind, row[at])));
  }
  // One that is left early ends with its transaction.
  await client.query(`CLOSE ${cursor}`);
}

/** Writes rows of a table. @throws CopyFailed when PostgreSQL can't keep a value. */
export async function writePostgres(client: Client, table: CopiedTable, rows: readonly Row[]): Promise<void> {
  const { name, columns } = table;
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  const arrays = columns.map((column, at) => `$${at + 1}::${givenType(column)}[]`).join(', ');
  const values = columns.map(({ kind }, at) => rows.map((row) => toPostgres(kind, row[at] ?? null)));
  refuseNul(table, rows);
  await client.query({
    name: `copy_${name}`,
    text: `INSERT INTO ${name} (${names}) OVERRIDING SYSTEM VALUE
      SELECT ${columns.map(expression).join(', ')} FROM unnest(${arrays}) AS given(${names})`,
    values,
  });
}

/** The type in which a value goes to the server: `unnest` would take lists of lists for one list. */
function givenType({ kind, type }: CopiedColumn): string {
  return kind === 'list' ? 'text' : type;
}

function expression({ kind, name }: CopiedColumn): string {
  if (kind !== 'list') return `"${name}"`;
  // Of no list, an array of nothing would be made.
  return `CASE WHEN "${name}" IS NOT NULL THEN ARRAY(SELECT json_array_elements_text("${name}"::json)) END`;
}

function fromPostgres(kind: Kind, value: unknown): Value {
  if (value === null) return null;
  if (kind === 'boolean') return Number(value);
  if (kind === 'bytes' && Buffer.isBuffer(value)) return value.toString('hex');
  return kind === 'list' ? JSON.stringify(value) : (value as Value);
}

function toPostgres(kind: Kind, value: Value): Value | boolean | Buffer {
  if (value === null) return null;
  if (kind === 'boolean') return value !== 0;
  return kind === 'bytes' ? Buffer.from(String(value), 'hex') : value;
}

function refuseNul(table: CopiedTable, rows: readonly Row[]): void {
  for (const row of rows) {
    const at = row.findIndex((value) => typeof value === 'string' && value.includes('\0'));
    if (at === -1) continue;
    const where = `${table.name}, ${keyOf(table, row)}: ${table.columns[at]?.name}`;
    throw new CopyFailed(`${where} has a NUL character in it, which PostgreSQL can't keep.`);
  }
}
