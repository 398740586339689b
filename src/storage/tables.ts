import { declareAccessTables } from './access_tables.js';
import { declarePeerTables } from './peer_tables.js';
import { declarePoolTables } from './pool_tables.js';
import type { Columns } from './postgres/columns.js';
import { declareScrapingTables } from './scraping_tables.js';
import { declareSessionTables } from './session_tables.js';

/** The tables that both databases have, with PostgreSQL's types. */
export type Tables = ReturnType<typeof declareTables>;

/** A session's row, whichever the database. */
export type SessionRow = Tables['sessions']['$inferSelect'];

/**
 * Declares all tables that both databases have, in an order in which rows come after those that they refer to. Tables
 * of only one are in that one's schema. Times are milliseconds on the service's clock; Telegram's ids are text, since
 * they have 64 bits.
 */
export function declareTables(c: Columns) {
  const tables = declareSessionTables(c);
  const { sessions } = tables;
  /** The service's key-value pairs: the device of SESSIONS_DIR, the anchor of its clock. */
  const keyValue = c.table('key_value', {
    name: c.text('name').primaryKey(),
    value: c.text('value').notNull(),
  });

  return {
    ...tables,
    ...declarePoolTables(c),
    ...declareAccessTables(c),
    keyValue,
    ...declareScrapingTables(c, sessions),
    ...declarePeerTables(c, sessions),
  };
}
