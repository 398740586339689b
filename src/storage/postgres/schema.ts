import { integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { declareTables } from '../tables.js';
import { postgresColumns, whole } from './columns.js';

/** The tables that SQLite has as well. */
export const tables = declareTables(postgresColumns);

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
} = tables;

/**
 * The number of sessions in each state and of leases of each key, updated by the same transactions. A number is the
 * sum over its shards, each of which may be negative: connections write to different shards, so that concurrent
 * transactions do not wait for each other.
 */
export const counts = pgTable(
  'counts',
  { name: text('name').notNull(), shard: smallint('shard').notNull(), n: whole('n').notNull() },
  (table) => [primaryKey({ columns: [table.name, table.shard] })],
);

/** Rate limits, in the format of `rate-limiter-flexible`. */
export const rateLimits = pgTable('rate_limits', {
  key: text('key').primaryKey(),
  points: integer('points').notNull().default(0),
  expire: whole('expire'),
});
