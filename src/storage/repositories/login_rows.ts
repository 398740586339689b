import { and, asc, count, eq, gt, isNull, lte, ne, or, sql } from 'drizzle-orm';
import type { StoredLogin } from '../../logins/rules.js';
import type { Tables } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';

/** The rows of logins. Until a login is saved or removed, expired or not, its auth key is reserved. */
export class LoginRows {
  readonly #unit: UnitOfWork;
  readonly #logins: Tables['pendingLogins'];

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
    this.#logins = unit.tables.pendingLogins;
  }

  async byId(id: string): Promise<StoredLogin | undefined> {
    const [row] = await this.#unit.db.select().from(this.#logins).where(eq(this.#logins.id, id));
    return row;
  }

  /** As `byId`, locked until the transaction ends: no other replica claims or settles it meanwhile. */
  async locked(id: string): Promise<StoredLogin | undefined> {
    const query = this.#unit.db.select().from(this.#logins).where(eq(this.#logins.id, id));
    const [row] = await this.#unit.forUpdate(query);
    return row;
  }

  /** Whether a login that is not saved has this auth key. */
  async has(key: Buffer | null, except: string | null = null): Promise<boolean> {
    if (key === null) return false;
    const login = this.#unit.prepared('login with auth key', ({ db, tables: { pendingLogins: logins } }) => {
      const keyed = eq(logins.authKeySha256, sql.placeholder('key'));
      const another = ne(logins.id, sql.placeholder('except'));
      const unsaved = ne(logins.stage, 'saved');
      return db
        .select({ id: logins.id })
        .from(logins)
        .where(and(keyed, another, unsaved))
        .limit(1);
    });
    const found = await login.execute({ key, except: except ?? '' });
    return found.length > 0;
  }

  /** How many are pending: neither saved nor expired. */
  async underWay(now: number): Promise<number> {
    const [row] = await this.#unit.db
      .select({ n: count() })
      .from(this.#logins)
      .where(and(gt(this.#logins.expiresAt, now), ne(this.#logins.stage, 'saved')));
    return row?.n ?? 0;
  }

  /** Expired ones that no request is using, oldest first. */
  expired(now: number, limit: number): Promise<StoredLogin[]> {
    const unclaimed = or(isNull(this.#logins.claimedUntil), lte(this.#logins.claimedUntil, now));
    return this.#unit.db
      .select()
      .from(this.#logins)
      .where(and(lte(this.#logins.expiresAt, now), unclaimed))
      .orderBy(asc(this.#logins.expiresAt), asc(this.#logins.createdAt))
      .limit(limit);
  }

  async add(row: StoredLogin): Promise<void> {
    await this.#unit.db.insert(this.#logins).values(row);
  }

  async write(id: string, changes: Partial<StoredLogin>): Promise<void> {
    await this.#unit.db.update(this.#logins).set(changes).where(eq(this.#logins.id, id));
  }

  /** The old row; none: there was none. */
  async drop(id: string): Promise<StoredLogin | undefined> {
    const [row] = await this.#unit.db.delete(this.#logins).where(eq(this.#logins.id, id)).returning();
    return row;
  }
}
