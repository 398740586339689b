import { and, arrayContains, eq, gt, sql } from 'drizzle-orm';
import { type AcquireOutcome, type AcquireRequest, IDEMPOTENCY_MS, type Lease } from '../../pool/store.js';
import type { SessionRow } from '../tables.js';
import type { Db } from './connect.js';
import { lockNamed } from './locks.js';
import { counts, idempotencyKeys, proxies, sessions } from './schema.js';
import type { PostgresUnitOfWork } from './unit_of_work.js';

/** The earlier answer for the request's idempotency key; null: it is new. */
export async function repeated(
  unit: PostgresUnitOfWork,
  request: AcquireRequest,
  now: number,
): Promise<AcquireOutcome | null> {
  const { holder, idempotencyKey } = request;
  if (idempotencyKey === null) return null;
  await lockNamed(unit.db, 'idempotencyKey', JSON.stringify([holder, idempotencyKey]));
  const before = await repeat(unit.db, holder, idempotencyKey, now);
  if (!before) return null;
  const { sessionId, leaseId } = before;
  const row = await unit.byId(sessionId, now);
  if (row?.state !== 'leased' || row.leaseId !== leaseId) return { kind: 'lease_lost', sessionId };
  return { kind: 'granted', lease: await leaseOf(unit, row, leaseId), repeated: true };
}

/** Whether the session that the request names, if any, exists for its key. */
export async function exists(
  unit: PostgresUnitOfWork,
  { sessionId, sessionName, scope = [] }: AcquireRequest,
): Promise<boolean> {
  if (sessionId === null && sessionName === null) return true;
  const named = and(
    sessionId === null ? undefined : eq(sessions.id, sessionId),
    sessionName === null ? undefined : eq(sessions.name, sessionName),
    scope.length === 0 ? undefined : arrayContains(sessions.tags, [...scope]),
  );
  return (await unit.db.select({ id: sessions.id }).from(sessions).where(named)).length > 0;
}

/** The answer if the request's key already holds its maximum number of leases. */
export async function overCap(
  unit: PostgresUnitOfWork,
  { holder, maxLeases }: AcquireRequest,
): Promise<AcquireOutcome | null> {
  if (maxLeases === null) return null;
  await lockNamed(unit.db, 'holder', holder);
  const [row] = await unit.db
    .select({ held: sql`coalesce(sum(${counts.n}), 0)`.mapWith(Number) })
    .from(counts)
    .where(eq(counts.name, `holder:${holder}`));
  const held = row?.held ?? 0;
  return held >= maxLeases ? { kind: 'max_leases', held, maxLeases } : null;
}

async function leaseOf(unit: PostgresUnitOfWork, row: SessionRow, leaseId: string): Promise<Lease> {
  const { type, host, port, user, pass } = proxies;
  const proxy =
    row.proxyId === null
      ? []
      : await unit.db
          .select({ type, host, port, user, pass })
          .from(proxies)
          .where(eq(proxies.id, row.proxyId));
  const { file, jsonFile, format, phoneNumber, userId, apiId, tags } = row;
  const said = { file, jsonFile, format, phoneNumber, userId, apiId, tags, proxy: proxy[0] ?? null };
  return { leaseId, sessionId: row.id, sessionName: row.name, expiresAt: row.stateUntil ?? 0, ...said };
}

/** The earlier answer for a key. */
type Answered = typeof idempotencyKeys.$inferSelect;

/** The earlier answer for the request's idempotency key, counted as returned again; null: it is new. */
async function repeat(db: Db, holder: string, key: string, now: number): Promise<Answered | null> {
  const [before] = await db
    .update(idempotencyKeys)
    .set({ repeats: sql`${idempotencyKeys.repeats} + 1` })
    .where(
      and(
        eq(idempotencyKeys.holder, holder),
        eq(idempotencyKeys.key, key),
        gt(idempotencyKeys.createdAt, now - IDEMPOTENCY_MS),
      ),
    )
    .returning();
  return before ?? null;
}

/** Stores the answer for the request's idempotency key. */
export async function remember(
  db: Db,
  { holder, idempotencyKey: key, leaseId }: AcquireRequest,
  sessionId: number,
  now: number,
): Promise<void> {
  if (key === null) return;
  const answer = { sessionId, leaseId, repeats: 0, createdAt: now };
  await db
    .insert(idempotencyKeys)
    .values({ holder, key, ...answer })
    .onConflictDoUpdate({ target: [idempotencyKeys.holder, idempotencyKeys.key], set: answer });
}
