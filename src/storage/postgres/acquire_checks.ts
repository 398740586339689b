import { and, arrayContains, eq, sql } from 'drizzle-orm';
import type { AcquireOutcome, AcquireRequest, Lease } from '../../pool/store.js';
import { repeat } from './repeats.js';
import { counts, proxies, sessions } from './schema.js';
import { lockShared } from './shared_locks.js';
import type { SessionRow, Unit } from './unit.js';

/** What the request's idempotency key was answered with before; null: it is new. */
export async function repeated(
  unit: Unit,
  request: AcquireRequest,
  now: number,
): Promise<AcquireOutcome | null> {
  const { holder, idempotencyKey } = request;
  if (idempotencyKey === null) return null;
  await lockShared(unit.db, 'idempotencyKey', JSON.stringify([holder, idempotencyKey]));
  const before = await repeat(unit.db, holder, idempotencyKey, now);
  if (!before) return null;
  const { sessionId, leaseId } = before;
  const row = await unit.byId(sessionId, now);
  if (row?.state !== 'leased' || row.leaseId !== leaseId) return { kind: 'lease_lost', sessionId };
  return { kind: 'granted', lease: await leaseOf(unit, row, leaseId), repeated: true };
}

/** Whether the session that the request names, if it names one, is there for its key. */
export async function exists(
  unit: Unit,
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

/** What the request is answered if its key holds as many leases as it may. */
export async function overCap(
  unit: Unit,
  { holder, maxLeases }: AcquireRequest,
): Promise<AcquireOutcome | null> {
  if (maxLeases === null) return null;
  await lockShared(unit.db, 'holder', holder);
  const [row] = await unit.db
    .select({ held: sql`coalesce(sum(${counts.n}), 0)`.mapWith(Number) })
    .from(counts)
    .where(eq(counts.name, `holder:${holder}`));
  const held = row?.held ?? 0;
  return held >= maxLeases ? { kind: 'max_leases', held, maxLeases } : null;
}

async function leaseOf(unit: Unit, row: SessionRow, leaseId: string): Promise<Lease> {
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
