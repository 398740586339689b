import type { ColumnBaseConfig, ColumnDataType } from 'drizzle-orm';
import type { PgTable, PgTableWithColumns } from 'drizzle-orm/pg-core';
import {
  integer,
  type SQLiteColumn,
  type SQLiteTableWithColumns,
  sqliteTable,
  text,
} from 'drizzle-orm/sqlite-core';
import { declareTables, type Tables } from '../tables.js';
import { sqliteColumns } from './columns.js';

/** A column's type without what only PostgreSQL's columns say of theirs. */
type ColumnConfig<Config extends ColumnBaseConfig<ColumnDataType, string>> = {
  [Key in keyof ColumnBaseConfig<ColumnDataType, string>]: Config[Key];
} & { generated: undefined; identity: undefined };

/** SQLite's table of the same columns. */
type SqliteTable<Table extends PgTable> = SQLiteTableWithColumns<{
  name: Table['_']['name'];
  schema: undefined;
  dialect: 'sqlite';
  columns: {
    [Name in keyof Table['_']['columns']]: SQLiteColumn<ColumnConfig<Table['_']['columns'][Name]['_']>>;
  };
}>;

type SqliteTables = {
  [Name in keyof Tables]: Tables[Name] extends PgTableWithColumns<infer _>
    ? SqliteTable<Tables[Name]>
    : never;
};

/** The tables that PostgreSQL has, too, typed as its: what repositories work with. */
export const tables = declareTables(sqliteColumns);

export const {
  sessions,
  sessionTags,
  methodFloods,
  history,
  idempotencyKeys,
  apiKeys,
  auditLog,
  proxies,
  pendingLogins,
  facts,
  sources,
  runs,
  runLogs,
  files,
  checkpoints,
  peers,
} = tables as unknown as SqliteTables;

/** How many sessions stand in each state and how many leases each key holds, kept by the same transactions. */
export const counts = sqliteTable('counts', {
  name: text('name').primaryKey(),
  n: integer('n').notNull(),
});
