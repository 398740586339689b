import { and, asc, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { isProcessName } from '../../kernel/process_name.js';
import { RESOLVE_METHOD } from '../../peers/resolve_budget.js';
import { ALIVE } from '../../pool/account_condition.js';
import { authorizeBlock, type Caller, type Relation } from '../../pool/lease_authorization.js';
import { decideBlock, decideRelease, type FloodedMethod, revocation } from '../../pool/lease_decisions.js';
import { statesBefore } from '../../pool/session_state.js';
import type { Block, BlockOutcome, Flood, LeaseRow, Outcome, PoolStore } from '../../pool/store.js';
import { dayOf, withoutUse } from '../../pool/uses.js';
import type { SessionRow } from '../tables.js';
import { affectedRows, type UnitOfWork, type UnitOfWorkRunner } from '../unit_of_work.js';
import { chooseForChannels } from './channel_affinity.js';
import { settleAndRecord } from './idle_state.js';
import { learnFromFlood, returnReserved } from './resolve_counts.js';
import { recordToll, rescore, type Toll } from './session_days.js';
import { limitsOf } from './tag_limit_repository.js';

type Leases = Pick<
  PoolStore,
  'resolveShortage' | 'block' | 'giveBack' | 'restore' | 'revokeLeases' | 'leases' | 'history' | 'prune'
>;

/**
 * The operations on leases and sessions other than acquiring, renewing and releasing, which each driver implements
 * itself.
 */
export function leaseRepository(units: UnitOfWorkRunner): Leases {
  return { ...shortages(units), ...endings(units), ...listings(units) };
}

/** As `PoolStore.release`, for a lease in any state. */
export async function releaseLease(
  unit: UnitOfWork,
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
  const ended = change && (await unit.applyEvent(row, change.event, change.changes, change.entry));
  const after = ended ?? (Object.keys(columns).length > 0 ? await unit.write(row, columns) : row);
  if (flood) await carryOutBlock(unit, after, { kind: 'flood', ...flood }, { caller, as }, now);
  return { kind: 'done', changed: ended !== null, as };
}

function shortages(units: UnitOfWorkRunner): Pick<Leases, 'resolveShortage'> {
  return {
    resolveShortage: (request, now) =>
      units.run(async (unit) => {
        const choice = await chooseForChannels(unit, request, 'skip locked', now);
        return choice.kind === 'short' ? choice.shortage : null;
      }),
  };
}

/** As `PoolStore.giveBack`. */
export async function giveBack(
  unit: UnitOfWork,
  sessionId: number,
  leaseId: string,
  now: number,
): Promise<void> {
  const unreceived = await forgetAnswer(unit, leaseId);
  const row = await unit.byId(sessionId, now);
  if (!unreceived || row?.state !== 'leased' || row.leaseId !== leaseId) return;
  await returnReserved(unit, sessionId, leaseId);
  const isToday = row.usesDay === dayOf(now);
  const unused = isToday ? withoutUse(row, await limitsOf(unit, row.tags), now) : {};
  await unit.applyEvent(row, 'release', { lastUsedAt: now, ...unused }, { at: now, event: 'undelivered' });
}

function endings(units: UnitOfWorkRunner): Pick<Leases, 'block' | 'giveBack' | 'restore' | 'revokeLeases'> {
  return {
    async block(sessionId, caller, wanted, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const row = await unit.byId(sessionId, now);
        if (!row) return { kind: 'unknown' };
        const authorized = authorizeBlock(row, caller);
        if (authorized.kind !== 'allowed') return authorized;
        return carryOutBlock(unit, row, wanted, { caller, as: authorized.as }, now);
      });
    },
    giveBack: (sessionId, leaseId, now) => units.run((unit) => giveBack(unit, sessionId, leaseId, now)),
    async restore(sessionId, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const row = await unit.byId(sessionId, now);
        if (!row) return { kind: 'unknown' };
        const lifted = await liftMethodFloods(unit, row);
        const entry = { at: now, event: 'restored' };
        const restored = await unit.applyEvent(lifted, 'restore', { suspectedAt: null }, entry);
        await rescore(unit, restored ?? lifted, now);
        return { kind: 'done', changed: restored !== null || lifted !== row, as: 'admin' };
      });
    },
    async revokeLeases(holder, by, limit, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const { sessions } = unit.tables;
        const held = unit.db
          .select({ id: sessions.id })
          .from(sessions)
          .where(and(inArray(sessions.state, statesBefore('revoke')), eq(sessions.leaseHolder, holder)))
          .orderBy(asc(sessions.id))
          .limit(limit);
        const found = await unit.forUpdate(held);
        for (const { id } of found) {
          const row = await unit.byId(id, now);
          const change = row && revocation(row, now);
          const entry = change && { ...change.entry, holder: by };
          if (change && entry) await unit.applyEvent(row, change.event, change.changes, entry);
        }
        return found.length;
      });
    },
  };
}

function listings(units: UnitOfWorkRunner): Pick<Leases, 'leases' | 'history' | 'prune'> {
  return {
    async leases({ skip, limit }, now, holder) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const { sessions } = unit.tables;
        const leased = inArray(sessions.state, statesBefore('renew'));
        const held = holder === undefined ? undefined : eq(sessions.leaseHolder, holder);
        const rows = await unit.db
          .select()
          .from(sessions)
          .where(and(leased, gt(sessions.stateUntil, now), held))
          .orderBy(asc(sessions.methodFlooded), asc(sessions.lastUsedAt), asc(sessions.id))
          .limit(limit)
          .offset(skip);
        return rows.map(leaseRow);
      });
    },
    history: (sessionId, { skip, limit }) =>
      units.run(async ({ db, tables: { history, sessions } }) => {
        const entries = await db
          .select()
          .from(history)
          .where(eq(history.sessionId, sessionId))
          .orderBy(desc(history.id))
          .limit(limit)
          .offset(skip);
        if (entries.length > 0) return entries.map(({ sessionId: _, ...entry }) => entry);
        const known = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
        return known.length > 0 ? [] : null;
      }),
    prune: (keep, before, limit) =>
      units.run(async (unit) => {
        const { db, tables } = unit;
        const { history, idempotencyKeys } = tables;
        const { holder, key } = idempotencyKeys;
        const stale = db
          .select({ holder, key })
          .from(idempotencyKeys)
          .where(lt(idempotencyKeys.createdAt, before))
          .limit(limit);
        const old = db
          .select({ id: history.id })
          .from(history)
          .where(sql`${history.id} <= (SELECT max(id) FROM history) - ${keep}`)
          .orderBy(asc(history.id))
          .limit(limit);
        const stalest = sql`(${holder}, ${key}) IN ${unit.forUpdate(stale, 'skip locked')}`;
        const answers = affectedRows(await db.delete(idempotencyKeys).where(stalest));
        return answers + affectedRows(await db.delete(history).where(inArray(history.id, old)));
      }),
  };
}

/** Blocks the session for an authorized caller. */
async function carryOutBlock(
  unit: UnitOfWork,
  row: SessionRow,
  wanted: Block,
  { caller, as }: { readonly caller: Caller; readonly as: Relation },
  now: number,
): Promise<BlockOutcome> {
  const decision = decideBlock(row, wanted, caller, as, now);
  if (decision.kind === 'nothing') return blocked(row, as);
  const [outcome, after] = await carryOutDecision(unit, row, decision, as);
  await recordToll(unit, after, tollOf(wanted), now);
  if (wanted.kind === 'flood' && wanted.method === RESOLVE_METHOD.toLowerCase())
    await learnFromFlood(unit, row.id, wanted.seconds, now);
  return outcome;
}

/** What the block adds to the session's day. */
function tollOf(block: Block): Toll {
  const floodSeconds = block.kind === 'flood' ? block.seconds : 0;
  const isError = block.kind !== 'none' && block.kind !== 'flood' && block.kind !== 'invalidate';
  return { floodSeconds, errors: isError ? 1 : 0 };
}

/** The outcome, and the updated row. */
async function carryOutDecision(
  unit: UnitOfWork,
  row: SessionRow,
  decision: Exclude<ReturnType<typeof decideBlock>, { kind: 'nothing' }>,
  as: Relation,
): Promise<[BlockOutcome, SessionRow]> {
  if (decision.kind === 'event') {
    const { event, changes, entry, until } = decision;
    const after = await unit.applyEvent(row, event, changes, entry);
    if (after) return [blocked(after, as), after];
    return [{ kind: 'blocked', state: row.state, until, as }, row];
  }
  const { changes, entry, methods, until } = decision;
  for (const method of methods) await floodMethod(unit, row.id, method);
  const settled = await settleAndRecord(unit, await unit.write(row, changes), entry);
  if (until === null) return [blocked(settled, as), settled];
  return [{ kind: 'blocked', state: settled.state, until, as }, settled];
}

/** How many methods of a session may be flooded: more than Telegram has. */
const MAX_FLOODED_METHODS = 1_000;

/** Of two flood waits for one method, the later one counts. Of too many methods, those whose waits end first are forgotten. */
async function floodMethod(
  unit: UnitOfWork,
  sessionId: number,
  { name: method, until }: FloodedMethod,
): Promise<void> {
  const { methodFloods } = unit.tables;
  const later = sql`CASE WHEN ${methodFloods.until} > excluded.until THEN ${methodFloods.until} ELSE excluded.until END`;
  await unit.db
    .insert(methodFloods)
    .values({ sessionId, method, until })
    .onConflictDoUpdate({
      target: [methodFloods.sessionId, methodFloods.method],
      set: { until: later },
    });
  const ofSession = eq(methodFloods.sessionId, sessionId);
  const soonest = unit.db
    .select({ method: methodFloods.method })
    .from(methodFloods)
    .where(ofSession)
    .orderBy(desc(methodFloods.until))
    .limit(1)
    .offset(MAX_FLOODED_METHODS);
  await unit.db.delete(methodFloods).where(and(ofSession, inArray(methodFloods.method, soonest)));
  unit.expect(until);
}

/**
 * Ends all method floods of a locked row, whose account counts as alive; returns the updated row, or the same one if
 * there were none, and it was alive.
 */
async function liftMethodFloods(unit: UnitOfWork, row: SessionRow): Promise<SessionRow> {
  if (!row.methodFlooded && row.condition === 'alive') return row;
  const { methodFloods } = unit.tables;
  if (row.methodFlooded) await unit.db.delete(methodFloods).where(eq(methodFloods.sessionId, row.id));
  return unit.write(row, { methodFlooded: false, ...ALIVE });
}

/** Forgets an undelivered answer. False: it was repeated since, so it was delivered. */
async function forgetAnswer({ db, tables }: UnitOfWork, leaseId: string): Promise<boolean> {
  const { idempotencyKeys } = tables;
  const ofLease = eq(idempotencyKeys.leaseId, leaseId);
  await db.delete(idempotencyKeys).where(and(ofLease, eq(idempotencyKeys.repeats, 0)));
  const left = await db.select({ key: idempotencyKeys.key }).from(idempotencyKeys).where(ofLease).limit(1);
  return left.length === 0;
}

function blocked(row: SessionRow, as: Relation): BlockOutcome {
  return { kind: 'blocked', state: row.state, until: row.stateUntil, as };
}

/** A lease in a list. */
export function leaseRow(row: SessionRow): LeaseRow {
  const { leaseAddress } = row;
  return {
    sessionId: row.id,
    sessionName: row.name,
    leaseId: row.leaseId ?? '',
    holder: row.leaseHolder ?? '',
    processName: leaseAddress !== null && isProcessName(leaseAddress) ? leaseAddress : null,
    leasedAt: row.lastUsedAt,
    expiresAt: row.stateUntil ?? 0,
    renewed: row.leaseRenewed,
  };
}
