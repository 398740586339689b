import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { AccessStore, KeyRecord } from '../../access/store.js';
import type { StoredProxy } from '../../kernel/proxy.js';
import type { Synchronous } from '../synchronous.js';
import type { Facts } from './facts.js';
import { apiKeys, proxies } from './schema.js';

/** API keys, proxies and facts, in SQLite. */
export class AccessTable implements Synchronous<AccessStore> {
  readonly #db: BetterSQLite3Database;
  readonly #facts: Facts;
  readonly #byHash;

  constructor(db: BetterSQLite3Database, facts: Facts) {
    this.#db = db;
    this.#facts = facts;
    this.#byHash = db
      .select()
      .from(apiKeys)
      .where(and(eq(apiKeys.hash, sql.placeholder('hash')), isNull(apiKeys.revokedAt)))
      .prepare();
  }

  keyByHash(hash: string): KeyRecord | null {
    const row = this.#byHash.get({ hash });
    return row ? record(row) : null;
  }

  keys(): KeyRecord[] {
    return this.#db
      .select()
      .from(apiKeys)
      .where(isNull(apiKeys.revokedAt))
      .orderBy(asc(apiKeys.id))
      .all()
      .map(record);
  }

  createKey(key: Omit<KeyRecord, 'id'> & { readonly hash: string }): KeyRecord {
    const values = { ...key, tags: [...key.tags] };
    return record(this.#db.insert(apiKeys).values(values).returning().get());
  }

  revokeKey(id: number, now: number): 'revoked' | 'already' | 'unknown' {
    const active = and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt));
    if (this.#db.update(apiKeys).set({ revokedAt: now }).where(active).run().changes > 0) return 'revoked';
    const known = this.#db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id)).get();
    return known ? 'already' : 'unknown';
  }

  proxies(): (StoredProxy & { readonly id: number })[] {
    return this.#db.select().from(proxies).all();
  }

  addProxy(proxy: StoredProxy): number {
    return this.#db.insert(proxies).values(proxy).returning({ id: proxies.id }).get().id;
  }

  saveProxyPass(id: number, pass: string): void {
    this.#db.update(proxies).set({ pass }).where(eq(proxies.id, id)).run();
  }

  fact(name: string): string | null {
    return this.#facts.get(name);
  }

  saveFact(name: string, value: string): void {
    this.#facts.set(name, value);
  }
}

function record(row: typeof apiKeys.$inferSelect): KeyRecord {
  const { id, name, role, maxLeases, tags, expiresAt, createdAt } = row;
  return { id, name, role, maxLeases, tags, expiresAt, createdAt };
}
