import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { AccessStore, KeyRecord } from '../../access/store.js';
import type { StoredProxy } from '../../kernel/proxy.js';
import type { Tables } from '../tables.js';
import { affectedRows, type UnitOfWorkRunner } from '../unit_of_work.js';
import { readValue, writeValue } from './key_value.js';

/** API keys, proxies, and the service's key-value pairs. */
export class AccessRepository implements AccessStore {
  readonly #units: UnitOfWorkRunner;

  constructor(units: UnitOfWorkRunner) {
    this.#units = units;
  }

  keyByHash(hash: string): Promise<KeyRecord | null> {
    return this.#units.run(async (unit) => {
      const active = unit.prepared('key by hash', ({ db, tables: { apiKeys } }) => {
        const bearing = eq(apiKeys.hash, sql.placeholder('hash'));
        return db
          .select()
          .from(apiKeys)
          .where(and(bearing, isNull(apiKeys.revokedAt)));
      });
      const [row] = await active.execute({ hash });
      return row ? keyRecord(row) : null;
    });
  }

  keys(): Promise<KeyRecord[]> {
    return this.#units.run(async ({ db, tables: { apiKeys } }) => {
      const rows = await db.select().from(apiKeys).where(isNull(apiKeys.revokedAt)).orderBy(asc(apiKeys.id));
      return rows.map(keyRecord);
    });
  }

  createKey(key: Omit<KeyRecord, 'id'> & { readonly hash: string }): Promise<KeyRecord> {
    const values = { ...key, tags: [...key.tags] };
    return this.#units.run(async ({ db, tables: { apiKeys } }) =>
      keyRecord(inserted(await db.insert(apiKeys).values(values).returning())),
    );
  }

  revokeKey(id: number, now: number): Promise<'revoked' | 'already' | 'unknown'> {
    return this.#units.run(async ({ db, tables: { apiKeys } }) => {
      const active = and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt));
      const revoked = await db.update(apiKeys).set({ revokedAt: now }).where(active);
      if (affectedRows(revoked) === 1) return 'revoked';
      const known = await db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id));
      return known.length > 0 ? 'already' : 'unknown';
    });
  }

  proxies(): Promise<(StoredProxy & { readonly id: number })[]> {
    return this.#units.run(({ db, tables: { proxies } }) =>
      db.select().from(proxies).orderBy(asc(proxies.id)),
    );
  }

  addProxy(proxy: StoredProxy): Promise<number> {
    return this.#units.run(async ({ db, tables: { proxies } }) => {
      return inserted(await db.insert(proxies).values(proxy).returning({ id: proxies.id })).id;
    });
  }

  saveProxyPass(id: number, pass: string): Promise<void> {
    return this.#units.run(async ({ db, tables: { proxies } }) => {
      await db.update(proxies).set({ pass }).where(eq(proxies.id, id));
    });
  }

  value(name: string): Promise<string | null> {
    return this.#units.run((unit) => readValue(unit, name));
  }

  saveValue(name: string, value: string): Promise<void> {
    return this.#units.run((unit) => writeValue(unit, name, value));
  }
}

function inserted<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('the inserted row was not returned');
  return row;
}

function keyRecord(row: Tables['apiKeys']['$inferSelect']): KeyRecord {
  const { id, name, role, maxLeases, tags, expiresAt, createdAt } = row;
  return { id, name, role, maxLeases, tags, expiresAt, createdAt };
}
