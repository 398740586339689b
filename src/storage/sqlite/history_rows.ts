import { desc, eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Page } from '../../kernel/page.js';
import type { HistoryRow } from '../../pool/store.js';
import { history } from './schema.js';

export interface NewHistoryRow {
  readonly sessionId: number;
  readonly at: number;
  readonly event: string;
  readonly detail?: string | null;
  readonly leaseId?: string | null;
  readonly holder?: string | null;
}

/** What happened to sessions, newest last. */
export class HistoryRows {
  readonly #insert;
  readonly #ofSession;
  readonly #drop;

  constructor(db: BetterSQLite3Database) {
    this.#insert = db
      .insert(history)
      .values({
        sessionId: sql.placeholder('sessionId'),
        at: sql.placeholder('at'),
        event: sql.placeholder('event'),
        detail: sql.placeholder('detail'),
        leaseId: sql.placeholder('leaseId'),
        holder: sql.placeholder('holder'),
      })
      .prepare();
    this.#ofSession = db
      .select()
      .from(history)
      .where(eq(history.sessionId, sql.placeholder('sessionId')))
      .orderBy(desc(history.id))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('skip'))
      .prepare();
    this.#drop = db
      .delete(history)
      .where(
        sql`${history.id} IN (SELECT id FROM history WHERE id <= (SELECT max(id) FROM history) - ${sql.placeholder('keep')} ORDER BY id LIMIT ${sql.placeholder('limit')})`,
      )
      .prepare();
  }

  add(entry: NewHistoryRow): void {
    this.#insert.run({ detail: null, leaseId: null, holder: null, ...entry });
  }

  ofSession(sessionId: number, page: Page): HistoryRow[] {
    return this.#ofSession
      .all({ sessionId, limit: page.limit, skip: page.skip })
      .map(({ sessionId: _, ...row }) => row);
  }

  /** Drops up to `limit` of the oldest entries beyond the newest `keep`; how many there were. */
  prune(keep: number, limit: number): number {
    return this.#drop.run({ keep, limit }).changes;
  }
}
