import { and, asc, count, eq, gt, isNull, lte, ne, or, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type KeptLogin, liveLogin } from '../../logins/login_claims.js';
import { pendingLogins } from './schema.js';

/** The rows of logins. Until one is saved or removed, expired or not, it has its auth key for itself. */
export class LoginRows {
  readonly #db: BetterSQLite3Database;
  readonly #byId;
  readonly #byKey;
  readonly #unsaved;
  readonly #expired;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
    const now = sql.placeholder('now');
    const unsaved = ne(pendingLogins.stage, 'saved');
    this.#byId = db
      .select()
      .from(pendingLogins)
      .where(eq(pendingLogins.id, sql.placeholder('id')))
      .prepare();
    this.#byKey = db
      .select({ id: pendingLogins.id })
      .from(pendingLogins)
      .where(
        and(
          eq(pendingLogins.authKeySha256, sql.placeholder('key')),
          ne(pendingLogins.id, sql.placeholder('except')),
          unsaved,
        ),
      )
      .limit(1)
      .prepare();
    this.#unsaved = db
      .select({ n: count() })
      .from(pendingLogins)
      .where(and(gt(pendingLogins.expiresAt, now), unsaved))
      .prepare();
    const unclaimed = or(isNull(pendingLogins.claimedUntil), lte(pendingLogins.claimedUntil, now));
    this.#expired = db
      .select()
      .from(pendingLogins)
      .where(and(lte(pendingLogins.expiresAt, now), unclaimed))
      .orderBy(asc(pendingLogins.expiresAt), asc(pendingLogins.createdAt))
      .limit(sql.placeholder('limit'))
      .prepare();
  }

  byId(id: string): KeptLogin | undefined {
    return this.#byId.get({ id });
  }

  /** The login, if its time is not over or a request is at it all the same. */
  live(id: string, now: number): KeptLogin | undefined {
    return liveLogin(this.byId(id), now);
  }

  /** Whether a login that is not saved has this auth key. */
  has(key: Buffer | null, except: string | null = null): boolean {
    return key !== null && this.#byKey.get({ key, except: except ?? '' }) !== undefined;
  }

  /** How many are under way: neither saved nor expired. */
  underWay(now: number): number {
    return this.#unsaved.get({ now })?.n ?? 0;
  }

  /** Those whose time is over and that no request is at, oldest first. */
  expired(now: number, limit: number): KeptLogin[] {
    return this.#expired.all({ now, limit });
  }

  add(row: KeptLogin): void {
    this.#db.insert(pendingLogins).values(row).run();
  }

  write(id: string, changes: Partial<KeptLogin>): void {
    this.#db.update(pendingLogins).set(changes).where(eq(pendingLogins.id, id)).run();
  }

  drop(id: string): void {
    this.#db.delete(pendingLogins).where(eq(pendingLogins.id, id)).run();
  }
}
