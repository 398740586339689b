import { and, asc, count, eq, gt, inArray, isNull, lte, min, ne, or, type SQL } from 'drizzle-orm';
import { DAY_MS } from '../../kernel/clock.js';
import {
  budgetAt,
  type LoweredBudget,
  loweredByFlood,
  type ResolveUse,
  resolvesPerDay,
  whenLeft,
} from '../../peers/resolve_budget.js';
import type { PeerOwner, PoolBudgetPart } from '../../peers/store.js';
import type { State } from '../../pool/states.js';
import { affectedRows, type UnitOfWork } from '../unit_of_work.js';

/** How many resolves of a session are recorded in a day: more than any setting allows. */
const MAX_RECORDED = 2_000;

/** The states of sessions that are leased now or will be. */
const IN_SERVICE: readonly State[] = ['free', 'leased', 'cooldown', 'flood'];

/** What a session has resolved. `isMarked`: it is remembered that nothing is left now. */
type StoredUse = ResolveUse & { readonly isMarked: boolean };

/** The resolves of a session within a day, those reserved included, and how many it may make. */
export async function resolveUse(
  { db, tables }: UnitOfWork,
  sessionId: number,
  setting: number,
  now: number,
): Promise<StoredUse> {
  const { resolves, resolveBudgets } = tables;
  const made = await db
    .select({ at: resolves.at })
    .from(resolves)
    .where(and(eq(resolves.sessionId, sessionId), gt(resolves.at, now - DAY_MS)))
    .orderBy(asc(resolves.at));
  const [budget] = await db.select().from(resolveBudgets).where(eq(resolveBudgets.sessionId, sessionId));
  const isMarked = budget?.perDay === setting && (budget.usedUpUntil ?? 0) > now;
  return { setting, lowered: loweredOf(budget), times: made.map(({ at }) => at), isMarked };
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

/** What a session has left, without the time of each of its resolves. */
export interface CountedUse {
  readonly sessionId: number;
  readonly left: number;
  /** Null: no flood has lowered its budget. */
  readonly lowered: LoweredBudget | null;
  /** When it made the first of the last day's resolves; null: there are none. */
  readonly oldest: number | null;
}

/** What each of the sessions has left, counted for all of them at once. */
export async function countedUses(
  { db, tables: { resolves, resolveBudgets } }: UnitOfWork,
  sessionIds: readonly number[],
  setting: number,
  now: number,
): Promise<CountedUse[]> {
  if (sessionIds.length === 0) return [];
  const ids = [...sessionIds];
  const made = await db
    .select({ sessionId: resolves.sessionId, used: count(), oldest: min(resolves.at) })
    .from(resolves)
    .where(and(inArray(resolves.sessionId, ids), gt(resolves.at, now - DAY_MS)))
    .groupBy(resolves.sessionId);
  const budgets = await db.select().from(resolveBudgets).where(inArray(resolveBudgets.sessionId, ids));
  const madeBy = new Map(made.map((row) => [row.sessionId, row]));
  const loweredBy = new Map(budgets.map((row) => [row.sessionId, loweredOf(row)]));
  return ids.map((sessionId) => {
    const { used = 0, oldest = null } = madeBy.get(sessionId) ?? {};
    const lowered = loweredBy.get(sessionId) ?? null;
    const left = Math.max(0, resolvesPerDay(setting, lowered, now) - used);
    return { sessionId, left, lowered, oldest };
  });
}

/** What the next sessions by id after `afterId` may resolve now, of those in service. */
export async function poolBudget(
  unit: UnitOfWork,
  { setting, afterId, limit }: { readonly setting: number; readonly afterId: number; readonly limit: number },
  now: number,
): Promise<PoolBudgetPart> {
  const { id, state } = unit.tables.sessions;
  const page = await unit.db
    .select({ id, state })
    .from(unit.tables.sessions)
    .where(gt(id, afterId))
    .orderBy(asc(id))
    .limit(limit);
  const ids = page.filter((row) => IN_SERVICE.includes(row.state)).map((row) => row.id);
  const lastId = page.at(-1)?.id ?? null;
  if (ids.length === 0) return { left: 0, usedUp: 0, lastId };
  const lefts = (await countedUses(unit, ids, setting, now)).map((use) => use.left);
  const left = lefts.reduce((sum, each) => sum + each, 0);
  return { left, usedUp: lefts.filter((each) => each === 0).length, lastId };
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
