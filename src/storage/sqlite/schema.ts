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

/** A column's type without PostgreSQL's own type properties. */
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

/** The tables that both databases have, with PostgreSQL's types: what repositories work with. */
export const tables = declareTables(sqliteColumns);

export const {
  sessions,
  sessionTags,
  methodFloods,
  sessionDays,
  tagLimits,
  history,
  poolSamples,
  idempotencyKeys,
  apiKeys,
  endedSignIns,
  auditLog,
  proxies,
  pendingLogins,
  keyValue,
  sources,
  deployments,
  runs,
  runLogs,
  files,
  checkpoints,
  peers,
  resolves,
  resolveBudgets,
} = tables as unknown as SqliteTables;

/** The number of sessions in each state and of leases of each key, updated by the same transactions. */
export const counts = sqliteTable('counts', {
  name: text('name').primaryKey(),
  n: integer('n').notNull(),
});
