import { and, asc, eq, gt, isNotNull, sql } from 'drizzle-orm';
import type { SessionStore } from '../../sessions/store.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { applyFreeze } from './freezes.js';

type Details = Pick<
  SessionStore,
  | 'checked'
  | 'unchecked'
  | 'apiHashes'
  | 'saveApiHash'
  | 'credentials'
  | 'keptCredentials'
  | 'replaceCredentials'
>;

/** What is known about sessions besides their files: Telegram's answers, and their secrets. */
export function sessionDetails(units: UnitOfWorkRunner): Details {
  return { ...checks(units), ...secrets(units) };
}

function checks(units: UnitOfWorkRunner): Pick<Details, 'checked' | 'unchecked'> {
  return {
    checked: (id, identity, now) =>
      units.run(async (unit) => {
        const { db, tables } = unit;
        const { sessions } = tables;
        const row = await unit.byId(id, now);
        if (!row) return;
        if (identity.freeze !== undefined) await applyFreeze(unit, row, identity.freeze, now);
        const { userId = row.userId, phoneNumber = row.phoneNumber } = identity;
        const isChanged = userId !== row.userId || phoneNumber !== row.phoneNumber;
        const changes = { userId, phoneNumber, lastCheckedAt: now, ...(isChanged && { updatedAt: now }) };
        await db.update(sessions).set(changes).where(eq(sessions.id, id));
      }),
    /**
     * Two range scans of one index, with its exact condition: the cost does not grow with the pool, but for frozen
     * ones.
     */
    unchecked: (before, limit) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const freeWhere = (condition: ReturnType<typeof sql>) =>
          db
            .select({ id: sessions.id })
            .from(sessions)
            .where(sql`state = 'free' AND last_checked_at ${condition}`);
        const never = await freeWhere(sql`IS NULL`).orderBy(asc(sessions.id)).limit(limit);
        const whereFrozen = sql`state = 'frozen' AND coalesce(last_checked_at, 0) < ${before}`;
        const frozen = await db.select({ id: sessions.id }).from(sessions).where(whereFrozen).limit(limit);
        const longAgo = await freeWhere(sql`< ${before}`)
          .orderBy(asc(sessions.lastCheckedAt), asc(sessions.id))
          .limit(limit - never.length);
        return [...never, ...longAgo, ...frozen].slice(0, limit).map(({ id }) => id);
      }),
  };
}

function secrets(units: UnitOfWorkRunner): Omit<Details, 'checked' | 'unchecked'> {
  return {
    apiHashes: (afterId, limit) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const rows = await db
          .select({ id: sessions.id, apiHash: sessions.apiHash })
          .from(sessions)
          .where(and(gt(sessions.id, afterId), isNotNull(sessions.apiHash)))
          .orderBy(asc(sessions.id))
          .limit(limit);
        return rows.flatMap(({ id, apiHash }) => (apiHash === null ? [] : [{ id, apiHash }]));
      }),
    saveApiHash: (id, apiHash) =>
      units.run(async ({ db, tables: { sessions } }) => {
        await db.update(sessions).set({ apiHash }).where(eq(sessions.id, id));
      }),
    credentials: (id) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const kept = db.select({ credentials: sessions.credentials }).from(sessions);
        const [row] = await kept.where(eq(sessions.id, id));
        return row?.credentials ?? null;
      }),
    keptCredentials: (afterId, limit) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const rows = await db
          .select({ id: sessions.id, credentials: sessions.credentials })
          .from(sessions)
          .where(and(gt(sessions.id, afterId), isNotNull(sessions.credentials)))
          .orderBy(asc(sessions.id))
          .limit(limit);
        return rows.flatMap(({ id, credentials }) => (credentials === null ? [] : [{ id, credentials }]));
      }),
    replaceCredentials: (id, before, after) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const unchanged = and(eq(sessions.id, id), eq(sessions.credentials, before));
        await db.update(sessions).set({ credentials: after }).where(unchanged);
      }),
  };
}
