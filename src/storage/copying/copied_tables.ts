import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { tables } from '../postgres/schema.js';

/** A value while it is copied: bytes are hexadecimal, booleans 0 or 1, lists JSON; so that `===` compares them. */
export type Value = string | number | null;

/** The values of a row, in the order of the table's columns. */
export type Row = readonly Value[];

/** What a column keeps, whichever the driver. */
export type Kind = 'whole' | 'text' | 'boolean' | 'bytes' | 'list';

/** A column that both drivers have by this name. */
export interface CopiedColumn {
  readonly name: string;
  readonly kind: Kind;
  /** What PostgreSQL calls its type. */
  readonly type: string;
  /** It is the primary key, or part of it. */
  readonly key: boolean;
}

/** A table that is copied as it is. */
export interface CopiedTable {
  readonly name: string;
  readonly columns: readonly CopiedColumn[];
  /** The columns of the primary key, in the order by which rows are read. */
  readonly key: readonly CopiedColumn[];
  /** Its ids are never given twice, not even those of rows that are gone. */
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
 * What is copied, in an order in which every row finds those that it refers to. Not among it: `counts`, which
 * says again what the sessions say and is kept in another way by each driver; and `rate_limits`, whose rows are
 * of the last minutes.
 */
export const COPIED_TABLES: readonly CopiedTable[] = [
  tables.proxies,
  tables.sessions,
  tables.sessionTags,
  tables.methodFloods,
  tables.history,
  tables.idempotencyKeys,
  tables.apiKeys,
  tables.auditLog,
  tables.pendingLogins,
  tables.sources,
  tables.runs,
  tables.runLogs,
  tables.files,
  tables.checkpoints,
  tables.peers,
  tables.facts,
].map(copied);

/** Tables of ours that are made anew rather than copied. */
export const UNCOPIED_TABLES: readonly string[] = ['counts', 'rate_limits'];

/** Names the row by its primary key, as in `session 7, tag eu`. */
export function keyOf(table: CopiedTable, row: Row): string {
  return table.key.map(({ name }) => `${name} ${row[columnAt(table, name)]}`).join(', ');
}

/** Where in a row the column's value is. @throws Error when the table has no such column. */
export function columnAt({ name: table, columns }: CopiedTable, name: string): number {
  const at = columns.findIndex((column) => column.name === name);
  if (at === -1) throw new Error(`${table} has no column ${name}`);
  return at;
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
