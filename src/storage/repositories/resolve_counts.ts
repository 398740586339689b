import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte, ne, or, type SQL } from 'drizzle-orm';
import { DAY_MS } from '../../kernel/clock.js';
import {
  budgetAt,
  type LoweredBudget,
  loweredByFlood,
  type ResolveUse,
  resolvesPerDay,
  whenLeft,
} from '../../peers/resolve_budget.js';
import type { PeerOwner, PoolBudget } from '../../peers/store.js';
import type { State } from '../../pool/states.js';
import { affectedRows, type UnitOfWork } from '../unit_of_work.js';

/** How many resolves of a session are recorded in a day: more than any setting allows. */
const MAX_RECORDED = 2_000;

/** The states of sessions that are leased now or will be. */
const IN_SERVICE: readonly State[] = ['free', 'leased', 'cooldown', 'flood'];

/** The resolves of a session within a day, those reserved included, and how many it may make. */
export async function resolveUse(
  { db, tables }: UnitOfWork,
  sessionId: number,
  setting: number,
  now: number,
): Promise<ResolveUse> {
  const { resolves, resolveBudgets } = tables;
  const made = await db
    .select({ at: resolves.at })
    .from(resolves)
    .where(and(eq(resolves.sessionId, sessionId), gt(resolves.at, now - DAY_MS)))
    .orderBy(asc(resolves.at));
  const [budget] = await db.select().from(resolveBudgets).where(eq(resolveBudgets.sessionId, sessionId));
  return { setting, lowered: loweredOf(budget), times: made.map(({ at }) => at) };
}

interface StoredLowering {
  readonly loweredTo: number | null;
  readonly loweredAt: number | null;
}

function loweredOf(row: StoredLowering | undefined): LoweredBudget | null {
  if (row === undefined || row.loweredTo === null || row.loweredAt === null) return null;
  return { to: row.loweredTo, at: row.loweredAt };
}

/** Records resolves of a session: made, or reserved by its lease. `use`: before them. */
export async function recordResolves(
  unit: UnitOfWork,
  { sessionId, leaseId }: PeerOwner,
  { channels, made }: { readonly channels: readonly string[]; readonly made: boolean },
  use: ResolveUse,
  now: number,
): Promise<void> {
  const { db, tables } = unit;
  const added = channels.slice(0, Math.max(0, MAX_RECORDED - use.times.length));
  if (added.length === 0) return;
  await db
    .insert(tables.resolves)
    .values(added.map((channel) => ({ sessionId, at: now, channel, leaseId, made })));
  const after = { ...use, times: [...use.times, ...added.map(() => now)] };
  if (budgetAt(after, now).left === 0) await markUsedUp(unit, sessionId, after, now);
}

/** Remembers until when the session has nothing left, so that it is skipped. */
export async function markUsedUp(
  { db, tables: { resolveBudgets } }: UnitOfWork,
  sessionId: number,
  use: ResolveUse,
  now: number,
): Promise<void> {
  const hint = { usedUpUntil: whenLeft(use, 1, now) ?? now + DAY_MS, perDay: use.setting };
  await db
    .insert(resolveBudgets)
    .values({ sessionId, ...hint })
    .onConflictDoUpdate({ target: resolveBudgets.sessionId, set: hint });
}

/** Marks a reservation of the lease for this channel as made. False: there is none. */
export async function takeReserved(
  { db, tables: { resolves } }: UnitOfWork,
  { leaseId }: PeerOwner,
  channel: string,
): Promise<boolean> {
  if (leaseId === null) return false;
  const reserved = and(
    eq(resolves.leaseId, leaseId),
    eq(resolves.channel, channel),
    eq(resolves.made, false),
  );
  return affectedRows(await db.update(resolves).set({ made: true }).where(reserved)) > 0;
}

/** Returns what a lease reserved that was never delivered. */
export async function returnReserved(
  { db, tables: { resolves, resolveBudgets } }: UnitOfWork,
  sessionId: number,
  leaseId: string,
): Promise<void> {
  const reserved = and(eq(resolves.leaseId, leaseId), eq(resolves.made, false));
  if (affectedRows(await db.delete(resolves).where(reserved)) === 0) return;
  await db.update(resolveBudgets).set({ usedUpUntil: null }).where(eq(resolveBudgets.sessionId, sessionId));
}

/** Lowers the budget of a session that Telegram has told not to resolve for so many seconds. */
export async function learnFromFlood(
  { db, tables: { resolves, resolveBudgets } }: UnitOfWork,
  sessionId: number,
  seconds: number,
  now: number,
): Promise<void> {
  const [row] = await db
    .select({ n: count() })
    .from(resolves)
    .where(and(eq(resolves.sessionId, sessionId), gt(resolves.at, now - DAY_MS)));
  const [budget] = await db.select().from(resolveBudgets).where(eq(resolveBudgets.sessionId, sessionId));
  const lowered = loweredByFlood(row?.n ?? 0, seconds, loweredOf(budget), now);
  if (lowered === null) return;
  const change = { loweredTo: lowered.to, loweredAt: lowered.at, usedUpUntil: null };
  await db
    .insert(resolveBudgets)
    .values({ sessionId, ...change })
    .onConflictDoUpdate({ target: resolveBudgets.sessionId, set: change });
}

/** What each of these sessions may still resolve, by its id. */
export async function resolvesLeft(
  unit: UnitOfWork,
  sessionIds: readonly number[],
  setting: number,
  now: number,
): Promise<ReadonlyMap<number, number>> {
  if (sessionIds.length === 0) return new Map();
  const { sessions } = unit.tables;
  const left = await leftOfUsed(unit, inArray(sessions.id, [...sessionIds]), setting, now);
  return new Map(sessionIds.map((id) => [id, left.get(id) ?? setting]));
}

/** What all sessions in service may resolve now. */
export async function poolBudget(unit: UnitOfWork, setting: number, now: number): Promise<PoolBudget> {
  const { sessions } = unit.tables;
  const inService = inArray(sessions.state, [...IN_SERVICE]);
  const [all] = await unit.db.select({ n: count() }).from(sessions).where(inService);
  const left = [...(await leftOfUsed(unit, inService, setting, now)).values()];
  return {
    left: left.reduce((sum, n) => sum + n - setting, (all?.n ?? 0) * setting),
    usedUp: left.filter((n) => n === 0).length,
  };
}

/** What the sessions among these have left that have resolved a name or were flooded: all others have the setting. */
async function leftOfUsed(
  { db, tables: { sessions, resolves, resolveBudgets } }: UnitOfWork,
  among: SQL,
  setting: number,
  now: number,
): Promise<ReadonlyMap<number, number>> {
  const used = await db
    .select({ sessionId: resolves.sessionId, n: count() })
    .from(resolves)
    .innerJoin(sessions, eq(sessions.id, resolves.sessionId))
    .where(and(among, gt(resolves.at, now - DAY_MS)))
    .groupBy(resolves.sessionId);
  const budgets = await db
    .select()
    .from(resolveBudgets)
    .innerJoin(sessions, eq(sessions.id, resolveBudgets.sessionId))
    .where(and(among, isNotNull(resolveBudgets.loweredTo)));
  const lowered = new Map(budgets.map(({ resolve_budgets: row }) => [row.sessionId, loweredOf(row)]));
  const uses = new Map(used.map(({ sessionId, n }) => [sessionId, n]));
  return new Map(
    [...new Set([...lowered.keys(), ...uses.keys()])].map((id) => {
      const perDay = resolvesPerDay(setting, lowered.get(id) ?? null, now);
      return [id, Math.max(0, perDay - (uses.get(id) ?? 0))];
    }),
  );
}

/** Deletes at most `limit` of the resolves made before `before`. */
export async function pruneResolves(unit: UnitOfWork, before: number, limit: number): Promise<number> {
  const { resolves } = unit.tables;
  const old = unit.db.select({ id: resolves.id }).from(resolves).where(lte(resolves.at, before)).limit(limit);
  const oldest = unit.forUpdate(old, 'skip locked');
  return affectedRows(await unit.db.delete(resolves).where(inArray(resolves.id, oldest)));
}

/** The condition that a session may have something left, as far as its budget (an outer join) remembers. */
export function mayResolve({ tables }: UnitOfWork, setting: number, now: number): SQL | undefined {
  const { usedUpUntil, perDay } = tables.resolveBudgets;
  return or(isNull(usedUpUntil), lte(usedUpUntil, now), ne(perDay, setting));
}
