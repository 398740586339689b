import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm';
import type { AccessStore, KeyRecord } from '../../access/store.js';
import type { Tables } from '../tables.js';
import { affectedRows, type UnitOfWorkRunner } from '../unit_of_work.js';
import { readValue, writeValue } from './key_value.js';

/** API keys, proxies, and the service's key-value pairs. */
export function accessRepository(units: UnitOfWorkRunner): AccessStore {
  return {
    ...apiKeys(units),
    ...signIns(units),
    proxies: () =>
      units.run(({ db, tables: { proxies } }) => db.select().from(proxies).orderBy(asc(proxies.id))),
    proxy: (id) =>
      units.run(async ({ db, tables: { proxies } }) => {
        const [found] = await db.select().from(proxies).where(eq(proxies.id, id));
        return found ?? null;
      }),
    addProxy: (proxy) =>
      units.run(async ({ db, tables: { proxies } }) => {
        return inserted(await db.insert(proxies).values(proxy).returning({ id: proxies.id })).id;
      }),
    saveProxyPass: (id, pass) =>
      units.run(async ({ db, tables: { proxies } }) => {
        await db.update(proxies).set({ pass }).where(eq(proxies.id, id));
      }),
    value: (name) => units.run((unit) => readValue(unit, name)),
    saveValue: (name, value) => units.run((unit) => writeValue(unit, name, value)),
  };
}

function apiKeys(
  units: UnitOfWorkRunner,
): Pick<AccessStore, 'keyByHash' | 'keyById' | 'keyNames' | 'keys' | 'createKey' | 'revokeKey'> {
  return {
    keyByHash: (hash) =>
      units.run(async (unit) => {
        const active = unit.prepared('key by hash', ({ db, tables: { apiKeys } }) => {
          const bearing = eq(apiKeys.hash, sql.placeholder('hash'));
          return db
            .select()
            .from(apiKeys)
            .where(and(bearing, isNull(apiKeys.revokedAt)));
        });
        const [row] = await active.execute({ hash });
        return row ? keyRecord(row) : null;
      }),
    keys: () =>
      units.run(async ({ db, tables: { apiKeys } }) => {
        const active = db.select().from(apiKeys).where(isNull(apiKeys.revokedAt));
        return (await active.orderBy(asc(apiKeys.id))).map(keyRecord);
      }),
    keyNames: (ids) =>
      units.run(({ db, tables: { apiKeys } }) => {
        const { id, name } = apiKeys;
        return db
          .select({ id, name })
          .from(apiKeys)
          .where(inArray(id, [...ids]));
      }),
    keyById: (id) =>
      units.run(async ({ db, tables: { apiKeys } }) => {
        const active = and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt));
        const [row] = await db.select().from(apiKeys).where(active);
        return row ? keyRecord(row) : null;
      }),
    createKey: (key) =>
      units.run(async ({ db, tables: { apiKeys } }) => {
        const values = { ...key, tags: [...key.tags] };
        return keyRecord(inserted(await db.insert(apiKeys).values(values).returning()));
      }),
    revokeKey: (id, now) =>
      units.run(async ({ db, tables: { apiKeys } }) => {
        const active = and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt));
        const revoked = await db.update(apiKeys).set({ revokedAt: now }).where(active);
        if (affectedRows(revoked) === 1) return 'revoked';
        const known = await db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id));
        return known.length > 0 ? 'already' : 'unknown';
      }),
  };
}

function signIns(units: UnitOfWorkRunner): Pick<AccessStore, 'endSignIn' | 'isSignInEnded' | 'pruneSignIns'> {
  return {
    endSignIn: (id, until) =>
      units.run(async ({ db, tables: { endedSignIns } }) => {
        await db.insert(endedSignIns).values({ id, until }).onConflictDoNothing();
      }),
    isSignInEnded: (id) =>
      units.run(async ({ db, tables: { endedSignIns } }) => {
        const ended = db.select({ id: endedSignIns.id }).from(endedSignIns).where(eq(endedSignIns.id, id));
        return (await ended).length > 0;
      }),
    pruneSignIns: (now, limit) =>
      units.run(async ({ db, tables: { endedSignIns } }) => {
        const { id, until } = endedSignIns;
        const over = db
          .select({ id })
          .from(endedSignIns)
          .where(lte(until, now))
          .orderBy(asc(until))
          .limit(limit);
        return affectedRows(await db.delete(endedSignIns).where(inArray(id, over)));
      }),
  };
}

function inserted<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('the inserted row was not returned');
  return row;
}

function keyRecord(row: Tables['apiKeys']['$inferSelect']): KeyRecord {
  const { id, name, role, maxLeases, tags, expiresAt, createdAt } = row;
  return { id, name, role, maxLeases, tags, expiresAt, createdAt };
}
