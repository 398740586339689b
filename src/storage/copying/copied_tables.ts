import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { tables } from '../postgres/schema.js';

/** A value during a copy: bytes are hexadecimal, booleans 0 or 1, lists JSON, so that `===` compares them. */
export type Value = string | number | null;

/** The values of a row, in the order of the table's columns. */
export type Row = readonly Value[];

/** The type of a column, whichever the driver. */
export type Kind = 'whole' | 'text' | 'boolean' | 'bytes' | 'list';

/** A column that both databases have under this name. */
export interface CopiedColumn {
  readonly name: string;
  readonly kind: Kind;
  /** PostgreSQL's name of its type. */
  readonly type: string;
  /** Whether it is the primary key, or part of it. */
  readonly key: boolean;
}

/** A table that is copied unchanged. */
export interface CopiedTable {
  readonly name: string;
  readonly columns: readonly CopiedColumn[];
  /** The columns of the primary key, in the order by which rows are read. */
  readonly key: readonly CopiedColumn[];
  /** Its ids are never reused, not even those of deleted rows. */
  readonly numbered: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  bigint: 'whole',
  integer: 'whole',
  smallint: 'whole',
  text: 'text',
  boolean: 'boolean',
  bytea: 'bytes',
  'text[]': 'list',
};

/**
 * The copied tables, in an order in which rows come after those that they refer to. Not copied: `counts`, which is
 * derived from the sessions and stored differently by each driver, and `rate_limits`, which only covers the last
 * minutes.
 */
export const COPIED_TABLES: readonly CopiedTable[] = Object.values(tables).map(copied);

/** Tables that are recreated rather than copied. */
export const UNCOPIED_TABLES: readonly string[] = ['counts', 'rate_limits'];

/** Names the row by its primary key, as in `session 7, tag eu`. */
export function keyOf(table: CopiedTable, row: Row): string {
  return table.key.map(({ name }) => `${name} ${row[columnAt(table, name)]}`).join(', ');
}

/** The index of the column's value in a row. @throws Error if the table has no such column. */
export function columnAt({ name: table, columns }: CopiedTable, name: string): number {
  const at = columns.findIndex((column) => column.name === name);
  if (at === -1) throw new Error(`${table} has no column ${name}`);
  return at;
}

/** The names of columns, as a list in a statement. */
export function quoted(columns: readonly CopiedColumn[]): string {
  return columns.map(({ name }) => `"${name}"`).join(', ');
}

/** A row as either driver returns it. */
export function rowRead({ columns }: CopiedTable, given: readonly unknown[]): Row {
  return columns.map(({ kind }, at) => valueRead(kind, given[at]));
}

function valueRead(kind: Kind, given: unknown): Value {
  if (kind === 'boolean' && given !== null) return Number(given);
  if (kind === 'bytes' && Buffer.isBuffer(given)) return given.toString('hex');
  // One text per list: whoever wrote it as JSON may have added spaces.
  if (kind === 'list' && given !== null)
    return JSON.stringify(typeof given === 'string' ? JSON.parse(given) : given);
  return given as Value;
}

/** A value as either driver takes it. */
export function valueWritten(kind: Kind, value: Value = null): Value | Buffer {
  return kind === 'bytes' && value !== null ? Buffer.from(String(value), 'hex') : value;
}

function copied(table: PgTable): CopiedTable {
  const { name, columns: found, primaryKeys } = getTableConfig(table);
  const together = primaryKeys.flatMap(({ columns }) => columns.map((column) => column.name));
  const columns = found.map((column): CopiedColumn => {
    const type = column.getSQLType();
    const kind = KINDS[type];
    if (!kind) throw new Error(`${name}.${column.name}: no way to copy ${type} is known`);
    return { name: column.name, kind, type, key: column.primary || together.includes(column.name) };
  });
  const single = columns.filter(({ key }) => key);
  const key = together.flatMap((part) => columns.filter((column) => column.name === part));
  return {
    name,
    columns,
    key: key.length > 0 ? key : single,
    numbered: found.some(({ generatedIdentity }) => generatedIdentity !== undefined),
  };
}
