import { and, asc, eq, gt, inArray, or } from 'drizzle-orm';
import { toResolve } from '../../peers/affinity.js';
import { DAY_MS, whenLeft } from '../../peers/resolve_budget.js';
import type { UnitOfWork } from '../unit_of_work.js';
import {
  FLOODED_METHOD,
  leasableStates,
  leastShort,
  matches,
  type Shortage,
  type Tried,
  type Wanted,
} from './channel_request.js';
import { aboutChannels, isAbout } from './known_peers.js';
import { countedUses, mayResolve, resolveUse } from './resolve_counts.js';

/** How many sessions without a used-up budget are examined, least recently used first. */
const EXAMINED_AT_ONCE = 50;
const MAX_EXAMINED = 1_000;

/** Of how many that have too little left is found out exactly when they will have enough. */
const MAX_FORESEEN = 50;

/** A session that has resolves left, but too few. */
interface Short {
  readonly id: number;
  readonly left: number;
  /** How many it needs. */
  readonly needed: number;
  /** It does not have enough before that, in milliseconds. */
  readonly earliest: number;
}

/**
 * The least recently used free session with enough resolves left; null: none is free, as far as was examined. `attempt`
 * locks one of them, and decides.
 */
export async function anyWithBudget(
  unit: UnitOfWork,
  wanted: Wanted,
  attempt: (id: number) => Promise<Tried>,
): Promise<Tried> {
  let shortage: Shortage | null = null;
  const short = new Map<number, Short>();
  // Each walks an index in the order of use.
  for (const methodFlooded of wanted.request.method === null ? [false] : [false, true]) {
    let last: Walked | undefined;
    for (let examined = 0; examined < MAX_EXAMINED; examined += EXAMINED_AT_ONCE) {
      const page = await walk(unit, wanted, methodFlooded, last);
      for (const one of await withTooLittle(unit, wanted, page)) short.set(one.id, one);
      for (const { id } of page.filter((walked) => !short.has(walked.id))) {
        const tried = await attempt(id);
        if (tried?.kind === 'chosen') return tried;
        shortage = leastShort(shortage, tried);
      }
      last = page.at(-1);
      if (page.length < EXAMINED_AT_ONCE) break;
    }
  }
  shortage = leastShort(shortage, await foreseen(unit, wanted, [...short.values()]));
  return shortage && { kind: 'short', ...shortage };
}

interface Walked {
  readonly id: number;
  readonly lastUsedAt: number;
}

/** Free sessions that match after `last`, least recently used first, without those known to have nothing left. */
async function walk(
  unit: UnitOfWork,
  wanted: Wanted,
  methodFlooded: boolean,
  last: Walked | undefined,
): Promise<Walked[]> {
  const { sessions, resolveBudgets } = unit.tables;
  const { id, state, lastUsedAt } = sessions;
  const after =
    last && or(gt(lastUsedAt, last.lastUsedAt), and(eq(lastUsedAt, last.lastUsedAt), gt(id, last.id)));
  return unit.db
    .select({ id, lastUsedAt })
    .from(sessions)
    .leftJoin(resolveBudgets, eq(resolveBudgets.sessionId, id))
    .where(
      and(
        inArray(state, leasableStates(wanted.request)),
        eq(sessions.methodFlooded, methodFlooded),
        after,
        wanted.names.length > 0 ? mayResolve(unit, wanted.perDay, wanted.now) : undefined,
        ...matches(unit, wanted),
      ),
    )
    .orderBy(asc(lastUsedAt), asc(id))
    .limit(EXAMINED_AT_ONCE);
}

/**
 * Those of the sessions that have resolves left, but too few, found for all of them at once: a request for many names
 * may pass over hundreds of them.
 */
async function withTooLittle(unit: UnitOfWork, wanted: Wanted, page: readonly Walked[]): Promise<Short[]> {
  // Who has any has enough for one.
  if (wanted.names.length < 2 || page.length === 0) return [];
  const { peers } = unit.tables;
  const { names, perDay, now } = wanted;
  const ids = page.map(({ id }) => id);
  const known = await unit.db
    .select({ id: peers.sessionId, identifier: peers.identifier, channelId: peers.channelId })
    .from(peers)
    .where(and(inArray(peers.sessionId, ids), aboutChannels(peers, names)));
  const uses = await countedUses(unit, ids, perDay, now);
  return uses.flatMap(({ sessionId: id, left, lowered, oldest }): Short[] => {
    const ofSession = known.filter((row) => row.id === id);
    const needed = toResolve(names, (name) => ofSession.some((row) => isAbout(row, name))).length;
    if (left === 0 || left >= needed) return [];
    // A budget that was lowered may grow first.
    const earliest = lowered === null && oldest !== null ? oldest + DAY_MS : now;
    return [{ id, left, needed, earliest }];
  });
}

/** When the first of them has enough left: those are looked at in the order in which they may. */
async function foreseen(
  unit: UnitOfWork,
  { perDay, now }: Wanted,
  short: readonly Short[],
): Promise<Shortage | null> {
  let shortage: Shortage | null = null;
  const inTurn = short.toSorted((one, other) => one.earliest - other.earliest);
  for (const { id, left, needed, earliest } of inTurn.slice(0, MAX_FORESEEN)) {
    if (shortage !== null && shortage.nextAt !== null && shortage.nextAt <= earliest) break;
    const use = await resolveUse(unit, id, perDay, now);
    shortage = leastShort(shortage, { left, nextAt: whenLeft(use, needed, now) });
  }
  const left = Math.max(...short.map((each) => each.left));
  return shortage && { ...shortage, left };
}

/** When the first of the free sessions that were not examined has a resolve left again; null: there are none. */
export async function nextWithBudget(unit: UnitOfWork, wanted: Wanted): Promise<Shortage | null> {
  if (wanted.names.length === 0) return null;
  const { sessions, resolveBudgets, methodFloods } = unit.tables;
  const { usedUpUntil, perDay } = resolveBudgets;
  const free = [inArray(sessions.state, leasableStates(wanted.request)), ...matches(unit, wanted)];
  const [budget] = await unit.db
    .select({ at: usedUpUntil })
    .from(resolveBudgets)
    .innerJoin(sessions, eq(sessions.id, resolveBudgets.sessionId))
    .where(and(gt(usedUpUntil, wanted.now), eq(perDay, wanted.perDay), ...free))
    .orderBy(asc(usedUpUntil))
    .limit(1);
  const [flood] = await unit.db
    .select({ at: methodFloods.until })
    .from(methodFloods)
    .innerJoin(sessions, eq(sessions.id, methodFloods.sessionId))
    .where(and(eq(methodFloods.method, FLOODED_METHOD), ...free))
    .orderBy(asc(methodFloods.until))
    .limit(1);
  const shortageOf = (row: { readonly at: number | null } | undefined) =>
    row === undefined ? null : { left: 0, nextAt: row.at };
  return leastShort(shortageOf(budget), shortageOf(flood));
}
