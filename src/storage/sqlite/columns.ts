import { type SQL, sql } from 'drizzle-orm';
import {
  type AnySQLiteColumn,
  blob,
  index,
  integer,
  primaryKey,
  type SQLiteTextBuilderInitial,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { Columns } from '../postgres/columns.js';

const whole = (name: string) => integer(name);

/** Like PostgreSQL's columns. Only the driver's own types differ; `tables` restores them. */
export const sqliteColumns = {
  ...{ table: sqliteTable, index, uniqueIndex, primaryKey },
  ...{ text, integer: whole, whole },
  bytes: (name: string) => blob(name, { mode: 'buffer' }),
  json: (name: string) => text(name, { mode: 'json' }),
  flag: (name: string) => integer(name, { mode: 'boolean' }),
  list: (name: string) => text(name, { mode: 'json' }),
  parent: (name: string, id: () => AnySQLiteColumn) =>
    integer(name).notNull().references(id, { onDelete: 'cascade' }),
  identity: () => integer('id').primaryKey({ autoIncrement: true }),
  rowId: () => integer('id').primaryKey(),
  addedLater: (column: SQLiteTextBuilderInitial<string, [string, ...string[]], undefined>, value: string) =>
    column.default(value),
  rowIdEnd: () => [],
  byteOrderIndex: () => [],
} satisfies { readonly [Name in keyof Columns]: unknown } as unknown as Columns;

/** Placeholders named like columns, for values as the driver takes them: encoding each takes time on the lease path. */
export function placeholders<Name extends string>(...names: readonly Name[]): Record<Name, SQL> {
  const entries = names.map((name) => [name, sql`${sql.placeholder(name)}`]);
  return Object.fromEntries(entries) as Record<Name, SQL>;
}
