import { and, arrayContains, eq, gt, sql } from 'drizzle-orm';
import type { StoredProxy } from '../../kernel/proxy.js';
import { type AcquireOutcome, type AcquireRequest, IDEMPOTENCY_MS } from '../../pool/store.js';
import { leaseOf } from '../repositories/session_record.js';
import type { SessionRow } from '../tables.js';
import type { Db } from './connect.js';
import { lockNamed } from './locks.js';
import { counts, idempotencyKeys, proxies, sessions } from './schema.js';
import type { PostgresUnitOfWork } from './unit_of_work.js';

/** The earlier answer for the request's idempotency key, counted as returned again; null: it is new. */
export async function repeated(
  unit: PostgresUnitOfWork,
  request: AcquireRequest,
  now: number,
): Promise<AcquireOutcome | null> {
  const { holder, idempotencyKey } = request;
  if (idempotencyKey === null) return null;
  await lockNamed(unit.db, 'idempotencyKey', JSON.stringify([holder, idempotencyKey]));
  const { holder: asking, key, createdAt, repeats } = idempotencyKeys;
  const [before] = await unit.db
    .update(idempotencyKeys)
    .set({ repeats: sql`${repeats} + 1` })
    .where(and(eq(asking, holder), eq(key, idempotencyKey), gt(createdAt, now - IDEMPOTENCY_MS)))
    .returning();
  if (!before) return null;
  const { sessionId, leaseId } = before;
  const row = await unit.byId(sessionId, now);
  if (row?.state !== 'leased' || row.leaseId !== leaseId) return { kind: 'lease_lost', sessionId };
  return { kind: 'granted', lease: leaseOf(row, await proxyOf(unit, row)), repeated: true };
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

async function proxyOf({ db }: PostgresUnitOfWork, { proxyId }: SessionRow): Promise<StoredProxy | null> {
  if (proxyId === null) return null;
  const { type, host, port, user, pass } = proxies;
  const found = db.select({ type, host, port, user, pass }).from(proxies);
  return (await found.where(eq(proxies.id, proxyId)))[0] ?? null;
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
