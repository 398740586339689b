import type { Database, Statement } from 'better-sqlite3';
import { and, asc, eq, gt, isNotNull, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Identity, SessionStore } from '../../sessions/store.js';
import type { Synchronous } from '../synchronous.js';
import { sessions } from './schema.js';
import type { SessionRows } from './session_rows.js';

type Facts = Pick<
  Synchronous<SessionStore>,
  | 'checked'
  | 'unchecked'
  | 'apiHashes'
  | 'saveApiHash'
  | 'credentials'
  | 'keptCredentials'
  | 'replaceCredentials'
>;

/** Walks an index in the order that is wanted: its cost does not grow with the pool. */
const FREE_BY_CHECK =
  "SELECT id FROM sessions INDEXED BY sessions_by_check WHERE state = 'free' AND last_checked_at";

const CREDENTIALS = { id: sessions.id, credentials: sessions.credentials };

/** What is known of sessions beside their files: what Telegram told of them, and their secrets. */
export class SessionFacts implements Facts {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;
  readonly #neverChecked: Statement<[{ limit: number }], { id: number }>;
  readonly #checkedBefore: Statement<[{ before: number; limit: number }], { id: number }>;
  readonly #apiHashes;

  constructor(sqlite: Database, db: BetterSQLite3Database, rows: SessionRows) {
    this.#db = db;
    this.#rows = rows;
    this.#neverChecked = sqlite.prepare(`${FREE_BY_CHECK} IS NULL ORDER BY id LIMIT @limit`);
    this.#checkedBefore = sqlite.prepare(
      `${FREE_BY_CHECK} < @before ORDER BY last_checked_at, id LIMIT @limit`,
    );
    this.#apiHashes = db
      .select({ id: sessions.id, apiHash: sessions.apiHash })
      .from(sessions)
      .where(and(gt(sessions.id, sql.placeholder('after')), isNotNull(sessions.apiHash)))
      .orderBy(asc(sessions.id))
      .limit(sql.placeholder('limit'))
      .prepare();
  }

  checked(id: number, identity: Identity, now: number): void {
    const row = this.#rows.byId(id);
    if (!row) return;
    const { userId = row.userId, phoneNumber = row.phoneNumber } = identity;
    const told = userId !== row.userId || phoneNumber !== row.phoneNumber;
    const changes = { userId, phoneNumber, lastCheckedAt: now, ...(told && { updatedAt: now }) };
    this.#db.update(sessions).set(changes).where(eq(sessions.id, id)).run();
  }

  unchecked(before: number, limit: number): number[] {
    const never = this.#neverChecked.all({ limit });
    const longAgo = this.#checkedBefore.all({ before, limit: limit - never.length });
    return [...never, ...longAgo].map(({ id }) => id);
  }

  apiHashes(afterId: number, limit: number): { id: number; apiHash: string }[] {
    return this.#apiHashes
      .all({ after: afterId, limit })
      .flatMap(({ id, apiHash }) => (apiHash === null ? [] : [{ id, apiHash }]));
  }

  saveApiHash(id: number, apiHash: string): void {
    this.#db.update(sessions).set({ apiHash }).where(eq(sessions.id, id)).run();
  }

  credentials(id: number): string | null {
    const row = this.#db.select(CREDENTIALS).from(sessions).where(eq(sessions.id, id)).get();
    return row?.credentials ?? null;
  }

  keptCredentials(afterId: number, limit: number): { id: number; credentials: string }[] {
    return this.#db
      .select(CREDENTIALS)
      .from(sessions)
      .where(and(gt(sessions.id, afterId), isNotNull(sessions.credentials)))
      .orderBy(asc(sessions.id))
      .limit(limit)
      .all()
      .flatMap(({ id, credentials }) => (credentials === null ? [] : [{ id, credentials }]));
  }

  replaceCredentials(id: number, before: string, after: string): void {
    const unchanged = and(eq(sessions.id, id), eq(sessions.credentials, before));
    this.#db.update(sessions).set({ credentials: after }).where(unchanged).run();
  }
}
