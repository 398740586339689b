import { and, asc, count, eq, gt, isNull, lte, ne, or } from 'drizzle-orm';
import type { KeptLogin } from '../../logins/login_claims.js';
import type { Db } from './connection.js';
import { pendingLogins } from './schema.js';

const UNSAVED = ne(pendingLogins.stage, 'saved');

/** The rows of logins. Until one is saved or removed, expired or not, it has its auth key for itself. */
export class LoginRows {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async byId(id: string): Promise<KeptLogin | undefined> {
    const [row] = await this.#db.select().from(pendingLogins).where(eq(pendingLogins.id, id));
    return row;
  }

  /** As `byId`, locked until the transaction ends: no other replica claims or settles it meanwhile. */
  async locked(id: string): Promise<KeptLogin | undefined> {
    const [row] = await this.#db.select().from(pendingLogins).where(eq(pendingLogins.id, id)).for('update');
    return row;
  }

  /** Whether a login that is not saved has this auth key. */
  async has(key: Buffer | null, except: string | null = null): Promise<boolean> {
    if (key === null) return false;
    const other = except === null ? undefined : ne(pendingLogins.id, except);
    const found = await this.#db
      .select({ id: pendingLogins.id })
      .from(pendingLogins)
      .where(and(eq(pendingLogins.authKeySha256, key), other, UNSAVED))
      .limit(1);
    return found.length > 0;
  }

  /** How many are under way: neither saved nor expired. */
  async underWay(now: number): Promise<number> {
    const [row] = await this.#db
      .select({ n: count() })
      .from(pendingLogins)
      .where(and(gt(pendingLogins.expiresAt, now), UNSAVED));
    return row?.n ?? 0;
  }

  /** Those whose time is over and that no request is at, oldest first. */
  expired(now: number, limit: number): Promise<KeptLogin[]> {
    const unclaimed = or(isNull(pendingLogins.claimedUntil), lte(pendingLogins.claimedUntil, now));
    return this.#db
      .select()
      .from(pendingLogins)
      .where(and(lte(pendingLogins.expiresAt, now), unclaimed))
      .orderBy(asc(pendingLogins.expiresAt), asc(pendingLogins.createdAt))
      .limit(limit);
  }

  async add(row: KeptLogin): Promise<void> {
    await this.#db.insert(pendingLogins).values(row);
  }

  async write(id: string, changes: Partial<KeptLogin>): Promise<void> {
    await this.#db.update(pendingLogins).set(changes).where(eq(pendingLogins.id, id));
  }

  /** The row as it was; none: there was none. */
  async drop(id: string): Promise<KeptLogin | undefined> {
    const [row] = await this.#db.delete(pendingLogins).where(eq(pendingLogins.id, id)).returning();
    return row;
  }
}
