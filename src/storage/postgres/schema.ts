import { integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { declareTables } from '../tables.js';
import { postgresColumns, whole } from './columns.js';

/** The tables that SQLite has, too. */
export const tables = declareTables(postgresColumns);

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
} = tables;

/**
 * How many sessions stand in each state and how many leases each key holds, kept by the same transactions. A
 * number is the sum over its shards, each of which may be negative: connections write to different shards, so
 * that transactions of one moment do not wait for each other.
 */
export const counts = pgTable(
  'counts',
  { name: text('name').notNull(), shard: smallint('shard').notNull(), n: whole('n').notNull() },
  (table) => [primaryKey({ columns: [table.name, table.shard] })],
);

/** How often something was done of late that must not be done too often; as `rate-limiter-flexible` keeps it. */
export const rateLimits = pgTable('rate_limits', {
  key: text('key').primaryKey(),
  points: integer('points').notNull().default(0),
  expire: whole('expire'),
});
