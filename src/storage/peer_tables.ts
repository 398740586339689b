import { sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { PeerType } from '../peers/store.js';
import type { Columns } from './postgres/columns.js';

/** Declares the tables of the channels that sessions know, and of their resolve budgets. */
export function declarePeerTables(c: Columns, sessions: { readonly id: AnyPgColumn }) {
  /**
   * Channels as each session addresses them: a row for each name that it was found by (`@name` in lower case), or one
   * with the id in digits.
   */
  const peers = c.table(
    'peers',
    {
      sessionId: c.parent('session_id', () => sessions.id),
      identifier: c.text('identifier').notNull(),
      channelId: c.text('channel_id').notNull(),
      accessHash: c.text('access_hash'),
      type: c.text('type').$type<PeerType>().notNull().default('channel'),
      title: c.text('title').notNull(),
      username: c.text('username'),
      /** When it was last saved or used. */
      usedAt: c.whole('used_at').notNull().default(0),
    },
    (table) => [
      c.primaryKey({ columns: [table.sessionId, table.identifier] }),
      c.index('peers_by_identifier').on(table.identifier, table.channelId, table.sessionId),
      c.index('peers_by_channel').on(table.channelId, table.sessionId),
      c.index('peers_by_use').on(table.sessionId, table.usedAt),
    ],
  );

  /**
   * The resolves of the last day: each of `contacts.resolveUsername`, by the service or by a worker. Not `made`: a lease
   * was granted for a channel that its session did not know. Bounded by the job that prunes it, and in each day.
   */
  const resolves = c.table(
    'resolves',
    {
      id: c.rowId(),
      sessionId: c.parent('session_id', () => sessions.id),
      at: c.whole('at').notNull(),
      channel: c.text('channel').notNull(),
      /** Null: of a lease that is not known. */
      leaseId: c.text('lease_id'),
      made: c.flag('made').notNull(),
    },
    (table) => [
      c.index('resolves_by_session').on(table.sessionId, table.at),
      c.index('resolves_by_lease').on(table.leaseId, table.channel).where(sql`lease_id IS NOT NULL`),
      c.index('resolves_by_age').on(table.at),
    ],
  );

  /** What is known of a session's resolve budget, besides the resolves. */
  const resolveBudgets = c.table(
    'resolve_budgets',
    {
      sessionId: c.parent('session_id', () => sessions.id).primaryKey(),
      /** Lowered by a flood, to so many a day; null: by none. */
      loweredTo: c.integer('lowered_to'),
      loweredAt: c.whole('lowered_at'),
      /** Nothing is left until then, with the setting `per_day`: for skipping such sessions, not for deciding. */
      usedUpUntil: c.whole('used_up_until'),
      perDay: c.integer('per_day'),
    },
    (table) => [c.index('resolve_budgets_by_end').on(table.usedUpUntil)],
  );

  return { peers, resolves, resolveBudgets };
}
