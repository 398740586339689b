import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/** Milliseconds on the service's clock, or one of our ids: integers that JavaScript represents exactly. */
export const whole = (name: string) => bigint(name, { mode: 'number' });

const identity = () => whole('id').primaryKey().generatedAlwaysAsIdentity();

const json = <Value>(name: string) =>
  customType<{ data: Value; driverData: string }>({
    dataType: () => 'text',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (text) => JSON.parse(text),
  })(name);

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** The column builders of a table. SQLite's have the same type, so that a table is declared once. */
export const postgresColumns = {
  ...{ table: pgTable, index, uniqueIndex, primaryKey },
  ...{ text, integer, whole, bytes, json },
  flag: (name: string) => boolean(name),
  /** A list of texts. */
  list: (name: string) => text(name).array(),
  /** The id of the row that this one belongs to, and is deleted with. */
  parent: (name: string, id: () => AnyPgColumn) =>
    whole(name).notNull().references(id, { onDelete: 'cascade' }),
  /** An id that is never reused. */
  identity,
  /** An id that may be reused after its row, the newest one, is deleted. */
  rowId: identity,
  /** A column that SQLite's migrations added to existing rows, with `value`. */
  addedLater: <Column>(column: Column, _value: string) => column,
  /** The last column of PostgreSQL's indexes: SQLite's implicitly end with the row's id. */
  rowIdEnd: <Column>(...columns: Column[]) => columns,
  /** An index for lists in the order of a column's bytes: SQLite's indexes have that order anyway. */
  byteOrderIndex: (name: string, column: AnyPgColumn, id: AnyPgColumn) => [
    index(name).on(sql`${column} COLLATE "C"`, id),
  ],
};

export type Columns = typeof postgresColumns;
