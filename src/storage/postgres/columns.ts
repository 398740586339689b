import {
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

/** Milliseconds on the service's clock, or an id of ours: whole numbers that JavaScript holds exactly. */
export const whole = (name: string) => bigint(name, { mode: 'number' });

const identity = () => whole('id').primaryKey().generatedAlwaysAsIdentity();

const json = <Value>(name: string) =>
  customType<{ data: Value; driverData: string }>({
    dataType: () => 'text',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (text) => JSON.parse(text),
  })(name);

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** What a table is declared with. SQLite's are of the same type, so that a table is declared once. */
export const postgresColumns = {
  ...{ table: pgTable, index, uniqueIndex, primaryKey },
  ...{ text, integer, whole, bytes, json },
  flag: (name: string) => boolean(name),
  /** A list of texts. */
  list: (name: string) => text(name).array(),
  /** An id that is never given twice. */
  identity,
  /** An id that may be given again once its row, the newest, is gone. */
  rowId: identity,
  /** A column that SQLite's migrations added to rows that were there, which got `value`. */
  addedLater: <Column>(column: Column, _value: string) => column,
  /** What PostgreSQL's indexes end with: SQLite's end with the row's id by themselves. */
  rowIdEnd: <Column>(...columns: Column[]) => columns,
};

export type Columns = typeof postgresColumns;
