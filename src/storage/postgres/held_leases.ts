import { and, arrayContains, asc, eq, gt, inArray } from 'drizzle-orm';
import type { Page } from '../../kernel/page.js';
import { authorizeLease, type Caller } from '../../pool/lease_authorization.js';
import { decideRelease, renewal } from '../../pool/lease_changes.js';
import { revocation } from '../../pool/lease_expiry.js';
import { statesBefore } from '../../pool/session_state.js';
import type { Flood, LeaseRow, Outcome, RenewOutcome } from '../../pool/store.js';
import { carryOutBlock } from './blocks.js';
import { forgetAnswer } from './repeats.js';
import { sessions } from './schema.js';
import type { Unit } from './unit.js';

/** The leases that have not run out, oldest first. */
export async function listLeases(
  { db }: Unit,
  page: Page,
  now: number,
  tags: readonly string[],
): Promise<LeaseRow[]> {
  const rows = await db
    .select()
    .from(sessions)
    .where(
      and(
        inArray(sessions.state, statesBefore('renew')),
        gt(sessions.stateUntil, now),
        tags.length === 0 ? undefined : arrayContains(sessions.tags, [...tags]),
      ),
    )
    .orderBy(asc(sessions.limited), asc(sessions.lastUsedAt), asc(sessions.id))
    .limit(page.limit)
    .offset(page.skip);
  return rows.map((row) => ({
    sessionId: row.id,
    sessionName: row.name,
    leaseId: row.leaseId ?? '',
    holder: row.leaseHolder ?? '',
    leasedAt: row.lastUsedAt,
    expiresAt: row.stateUntil ?? 0,
    renewed: row.leaseRenewed,
  }));
}

/** As `PoolStore.renew`. */
export async function renew(
  unit: Unit,
  sessionId: number,
  caller: Caller,
  ttlSeconds: number | null,
  now: number,
): Promise<RenewOutcome> {
  const row = await unit.byId(sessionId, now);
  if (row?.state !== 'leased') return { kind: 'lease_lost' };
  const authorized = authorizeLease(row, caller);
  if (authorized.kind !== 'allowed') return authorized;
  const changes = renewal(row, ttlSeconds, now);
  await unit.write(row, changes);
  return { kind: 'renewed', expiresAt: changes.stateUntil };
}

/** As `PoolStore.release`, of a lease that may be in any state. */
export async function release(
  unit: Unit,
  sessionId: number,
  caller: Caller,
  flood: Flood | null,
  now: number,
): Promise<Outcome> {
  const row = await unit.byId(sessionId, now);
  if (!row) return { kind: 'unknown' };
  const decision = decideRelease(row, caller, flood !== null, now);
  if (decision.kind !== 'allowed') return decision;
  const { as, change, columns } = decision;
  const ended = change && (await unit.happen(row, change.event, change.changes, change.entry));
  const after = ended ?? (Object.keys(columns).length > 0 ? await unit.write(row, columns) : row);
  if (flood) await carryOutBlock(unit, after, { kind: 'flood', ...flood }, { caller, as }, now);
  return { kind: 'done', changed: ended !== null, as };
}

/** As `PoolStore.revokeLeases`. */
export async function revokeLeases(
  unit: Unit,
  holder: string,
  by: string,
  limit: number,
  now: number,
): Promise<number> {
  const held = await unit.db
    .select()
    .from(sessions)
    .where(and(inArray(sessions.state, statesBefore('revoke')), eq(sessions.leaseHolder, holder)))
    .orderBy(asc(sessions.id))
    .limit(limit)
    .for('update');
  for (const found of held) {
    const row = await unit.pass(found, now);
    const change = revocation(row, now);
    if (change) await unit.happen(row, change.event, change.changes, { ...change.entry, holder: by });
  }
  return held.length;
}

/** As `PoolStore.giveBack`. */
export async function giveBack(unit: Unit, sessionId: number, leaseId: string, now: number): Promise<void> {
  const unreceived = await forgetAnswer(unit.db, leaseId);
  const row = await unit.byId(sessionId, now);
  if (!unreceived || row?.state !== 'leased' || row.leaseId !== leaseId) return;
  await unit.happen(row, 'release', { lastUsedAt: now }, { at: now, event: 'given_back' });
}
