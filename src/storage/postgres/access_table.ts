import { and, asc, eq, isNull } from 'drizzle-orm';
import type { AccessStore, KeyRecord } from '../../access/store.js';
import type { StoredProxy } from '../../kernel/proxy.js';
import { readFact, writeFact } from './facts.js';
import type { InTransaction } from './in_transaction.js';
import { apiKeys, proxies } from './schema.js';

/** API keys, proxies and facts, in PostgreSQL. */
export class AccessTable implements AccessStore {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  keyByHash(hash: string): Promise<KeyRecord | null> {
    return this.#run(async (db) => {
      const active = and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt));
      const [row] = await db.select().from(apiKeys).where(active);
      return row ? record(row) : null;
    });
  }

  keys(): Promise<KeyRecord[]> {
    return this.#run(async (db) => {
      const rows = await db.select().from(apiKeys).where(isNull(apiKeys.revokedAt)).orderBy(asc(apiKeys.id));
      return rows.map(record);
    });
  }

  createKey(key: Omit<KeyRecord, 'id'> & { readonly hash: string }): Promise<KeyRecord> {
    const values = { ...key, tags: [...key.tags] };
    return this.#run(async (db) => record(made(await db.insert(apiKeys).values(values).returning())));
  }

  revokeKey(id: number, now: number): Promise<'revoked' | 'already' | 'unknown'> {
    return this.#run(async (db) => {
      const active = and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt));
      const { rowCount } = await db.update(apiKeys).set({ revokedAt: now }).where(active);
      if (rowCount === 1) return 'revoked';
      const known = await db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id));
      return known.length > 0 ? 'already' : 'unknown';
    });
  }

  proxies(): Promise<(StoredProxy & { readonly id: number })[]> {
    return this.#run((db) => db.select().from(proxies).orderBy(asc(proxies.id)));
  }

  addProxy(proxy: StoredProxy): Promise<number> {
    return this.#run(async (db) => {
      return made(await db.insert(proxies).values(proxy).returning({ id: proxies.id })).id;
    });
  }

  saveProxyPass(id: number, pass: string): Promise<void> {
    return this.#run(async (db) => {
      await db.update(proxies).set({ pass }).where(eq(proxies.id, id));
    });
  }

  fact(name: string): Promise<string | null> {
    return this.#run((db) => readFact(db, name));
  }

  saveFact(name: string, value: string): Promise<void> {
    return this.#run((db) => writeFact(db, name, value));
  }
}

function made<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('the row that was made did not come back');
  return row;
}

function record(row: typeof apiKeys.$inferSelect): KeyRecord {
  const { id, name, role, maxLeases, tags, expiresAt, createdAt } = row;
  return { id, name, role, maxLeases, tags, expiresAt, createdAt };
}
