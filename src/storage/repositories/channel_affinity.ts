import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { toResolve } from '../../peers/affinity.js';
import { budgetAt, type ResolveUse, whenLeft } from '../../peers/resolve_budget.js';
import { isName } from '../../peers/rules.js';
import { isHeld } from '../../pool/session_state.js';
import { STATES, type State } from '../../pool/states.js';
import type { AcquireRequest, ResolveShortage } from '../../pool/store.js';
import type { RowLock, UnitOfWork } from '../unit_of_work.js';
import { anyWithBudget, nextWithBudget } from './budget_walk.js';
import {
  type ChosenSession,
  FLOODED_METHOD,
  FROZEN,
  leasableStates,
  leastShort,
  matches,
  type Shortage,
  type Tried,
  type Wanted,
  wantedBy,
} from './channel_request.js';
import { aboutChannels, isAbout } from './known_peers.js';
import { markUsedUp, recordResolves, resolveUse } from './resolve_counts.js';

/** The session for a request with channels, or why there is none. */
export type ChannelChoice =
  | ChosenSession
  /** No session that matches is free. */
  | { readonly kind: 'none' }
  /** Those that are free know too little, and may not resolve the rest. */
  | { readonly kind: 'short'; readonly shortage: ResolveShortage };

/** How many rows about the channels are read: of very popular ones, not all sessions that know them are considered. */
const MAX_KNOWN_ROWS = 2_000;

/** How many of the free ones among them are tried. */
const MAX_KNOWING_TRIED = 50;

const HELD = STATES.filter((state) => isHeld({ state }));

/**
 * Chooses a free session that matches: the least recently used of those that know most of the channels, and may still
 * resolve the others; else the least recently used with that many resolves left. With `lock`, sessions that are locked
 * by others are skipped or waited for.
 */
export async function chooseForChannels(
  unit: UnitOfWork,
  request: AcquireRequest,
  lock: RowLock,
  now: number,
): Promise<ChannelChoice> {
  const wanted = wantedBy(request, lock, now);
  const all = wanted.channels.length;
  const tryOne = (id: number) => attempt(unit, id, wanted, leasableStates(request));
  let shortage: Shortage | null = null;
  for (const { id } of await knowing(unit, wanted, leasableStates(request), MAX_KNOWING_TRIED)) {
    const tried = await tryOne(id);
    if (tried?.kind === 'chosen') return tried;
    shortage = leastShort(shortage, tried);
  }
  const other = await anyWithBudget(unit, wanted, tryOne);
  if (other?.kind === 'chosen') return other;
  const frozen = request.allowFrozen ? await knowing(unit, wanted, [FROZEN], MAX_KNOWING_TRIED) : [];
  for (const { id } of frozen.filter(({ known }) => known === all)) {
    const tried = await attempt(unit, id, wanted, [FROZEN]);
    if (tried?.kind === 'chosen') return tried;
  }
  shortage = leastShort(leastShort(shortage, other), await nextWithBudget(unit, wanted));
  if (shortage === null) return { kind: 'none' };
  const [held] = await knowing(unit, wanted, HELD, 1);
  const { left, nextAt } = shortage;
  return { kind: 'short', shortage: { left, nextAt, isKnownElsewhere: held?.known === all } };
}

/** Reserves what the chosen session has to resolve, for its new lease. */
export async function reserveResolves(
  unit: UnitOfWork,
  { id: sessionId, unknown }: ChosenSession,
  { leaseId, resolvesPerDay: perDay = 0 }: AcquireRequest,
  now: number,
): Promise<void> {
  if (unknown.length === 0) return;
  const use = await resolveUse(unit, sessionId, perDay, now);
  await recordResolves(unit, { sessionId, leaseId }, { channels: unknown, made: false }, use, now);
}

/** A session that knows some of the channels. */
interface Knowing {
  readonly id: number;
  /** How many of them. */
  readonly known: number;
}

/**
 * The first `most` sessions that match, are in one of the states and know any of the channels: those that know most of
 * them first, and of these the least recently used.
 */
async function knowing(
  unit: UnitOfWork,
  wanted: Wanted,
  states: readonly State[],
  most: number,
): Promise<Knowing[]> {
  const { peers, sessions } = unit.tables;
  const { identifier, channelId } = peers;
  const { id, state, lastUsedAt } = sessions;
  const about = unit.db
    .select({ id, state, lastUsedAt, identifier, channelId })
    .from(peers)
    .innerJoin(sessions, eq(id, peers.sessionId))
    .where(and(aboutChannels(peers, wanted.channels), ...matches(unit, wanted)))
    .limit(MAX_KNOWN_ROWS)
    .as('about');
  const ids = wanted.channels.filter((channel) => !isName(channel));
  const known = sql`${countOf(about.identifier, wanted.names)} + ${countOf(about.channelId, ids)}`;
  return unit.db
    .select({ id: about.id, known: known.mapWith(Number) })
    .from(about)
    .where(inArray(about.state, [...states]))
    .groupBy(about.id, about.lastUsedAt)
    .orderBy(desc(known), asc(about.lastUsedAt), asc(about.id))
    .limit(most);
}

/** How many of the values are in the column of a group. */
function countOf(column: AnyPgColumn, values: readonly string[]): SQL {
  if (values.length === 0) return sql`0`;
  return sql`count(DISTINCT CASE WHEN ${inArray(column, [...values])} THEN ${column} END)`;
}

/**
 * Chooses the session, locked, if it may resolve what it does not know; null: it is not free any more. One that may not is
 * locked only to remember that: others would wait for it until the transaction ends.
 */
async function attempt(
  unit: UnitOfWork,
  sessionId: number,
  wanted: Wanted,
  states: readonly State[],
): Promise<Tried> {
  const first = await judge(unit, sessionId, wanted);
  if (first.kind === 'short' && first.unmarked === null) return first;
  const { id, state } = unit.tables.sessions;
  const free = and(eq(id, sessionId), inArray(state, [...states]), ...matches(unit, wanted));
  const [locked] = await unit.forUpdate(
    unit.db.select({ id }).from(unit.tables.sessions).where(free),
    wanted.lock,
  );
  if (!locked) return null;
  const tried = await judge(unit, sessionId, wanted);
  if (tried.kind === 'short' && tried.unmarked) await markUsedUp(unit, sessionId, tried.unmarked, wanted.now);
  return tried;
}

/** A session that may resolve too little. `unmarked`: it has nothing left, which is not remembered yet. */
type ShortSession = Shortage & { readonly kind: 'short'; readonly unmarked: ResolveUse | null };

/** Whether the session may resolve what it does not know of the channels. */
async function judge(
  unit: UnitOfWork,
  sessionId: number,
  { channels, perDay, now }: Wanted,
): Promise<ChosenSession | ShortSession> {
  const { peers, methodFloods } = unit.tables;
  const known = await unit.db
    .select({ identifier: peers.identifier, channelId: peers.channelId })
    .from(peers)
    .where(and(eq(peers.sessionId, sessionId), aboutChannels(peers, channels)));
  const unknown = toResolve(channels, (channel) => known.some((row) => isAbout(row, channel)));
  if (unknown.length === 0) return { kind: 'chosen', id: sessionId, unknown };
  const flood = and(eq(methodFloods.sessionId, sessionId), eq(methodFloods.method, FLOODED_METHOD));
  const [flooded] = await unit.db.select({ until: methodFloods.until }).from(methodFloods).where(flood);
  if (flooded) return { kind: 'short', left: 0, nextAt: flooded.until, unmarked: null };
  const use = await resolveUse(unit, sessionId, perDay, now);
  const { left } = budgetAt(use, now);
  if (left >= unknown.length) return { kind: 'chosen', id: sessionId, unknown };
  const unmarked = left === 0 && !use.isMarked ? use : null;
  return { kind: 'short', left, nextAt: whenLeft(use, unknown.length, now), unmarked };
}
