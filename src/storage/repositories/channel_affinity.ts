import { and, asc, eq, gt, inArray, isNotNull, ne, notExists, notInArray, or, type SQL } from 'drizzle-orm';
import { foldIdentifier } from '../../kernel/channel_identifier.js';
import { byAffinity, type KnowingSession, toResolve } from '../../peers/affinity.js';
import { budgetAt, RESOLVE_METHOD, whenLeft } from '../../peers/resolve_budget.js';
import { isName } from '../../peers/rules.js';
import { statesBefore } from '../../pool/session_state.js';
import type { State } from '../../pool/states.js';
import type { AcquireRequest, ResolveShortage } from '../../pool/store.js';
import type { RowLock, UnitOfWork } from '../unit_of_work.js';
import { aboutChannels, isAbout } from './known_peers.js';
import { markUsedUp, mayResolve, recordResolves, resolveUse } from './resolve_counts.js';
import { hasAllTags } from './tag_filter.js';

/** A session that may be leased for channels, locked: it is to resolve the names in `unknown`. */
export interface ChosenSession {
  readonly kind: 'chosen';
  readonly id: number;
  readonly unknown: readonly string[];
}

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

/** How many sessions without a used-up budget are examined, least recently used first. */
const EXAMINED_AT_ONCE = 50;
const MAX_EXAMINED = 1_000;

const FREE: State = 'free';

/** Leased only for channels that it knows, if the request allows that. */
const FROZEN: State = 'frozen';
const FLOODED_METHOD = RESOLVE_METHOD.toLowerCase();

/** A request for sessions that know channels, and the setting. */
interface Wanted {
  readonly request: AcquireRequest;
  /** Folded, each once. */
  readonly channels: readonly string[];
  readonly perDay: number;
  readonly now: number;
  readonly lock: RowLock;
}

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
  const { channels = [], resolvesPerDay: perDay = 0 } = request;
  const wanted = { request, channels: [...new Set(channels.map(foldIdentifier))], perDay, now, lock };
  const knowing = await knowingSessions(unit, wanted);
  const free = byAffinity(knowing.filter(({ isLeasable }) => isLeasable));
  const frozen = knowing.filter(({ isFrozen, known }) => isFrozen && known === wanted.channels.length);
  let shortage: Shortage | null = null;
  for (const { id } of free.slice(0, MAX_KNOWING_TRIED)) {
    const tried = await attempt(unit, id, wanted);
    if (tried?.kind === 'chosen') return tried;
    shortage = leastShort(shortage, tried);
  }
  const other = await anyWithBudget(unit, wanted);
  if (other?.kind === 'chosen') return other;
  for (const { id } of request.allowFrozen ? byAffinity(frozen).slice(0, MAX_KNOWING_TRIED) : []) {
    const tried = await attempt(unit, id, wanted, [FROZEN]);
    if (tried?.kind === 'chosen') return tried;
  }
  shortage = leastShort(leastShort(shortage, other), await nextWithBudget(unit, wanted));
  if (shortage === null) return { kind: 'none' };
  const isKnownElsewhere = knowing.some((each) => !each.isLeasable && each.known === wanted.channels.length);
  const { left, nextAt } = shortage;
  return { kind: 'short', shortage: { left, nextAt, isKnownElsewhere } };
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

type Shortage = Pick<ResolveShortage, 'left' | 'nextAt'>;

/** Null: no session was free. */
type Tried = ChosenSession | (Shortage & { readonly kind: 'short' }) | null;

/** Of two shortages, the one that ends first. */
function leastShort(one: Shortage | null, other: Shortage | null): Shortage | null {
  if (one === null || other === null) return one ?? other;
  const ends = [one.nextAt, other.nextAt].filter((at) => at !== null);
  return { left: Math.max(one.left, other.left), nextAt: ends.length > 0 ? Math.min(...ends) : null };
}

interface Knowing extends KnowingSession {
  readonly isLeasable: boolean;
  readonly isFrozen: boolean;
}

/** The sessions that match and know any of the channels, free or not. */
async function knowingSessions(unit: UnitOfWork, wanted: Wanted): Promise<Knowing[]> {
  const { peers, sessions } = unit.tables;
  const { identifier, channelId } = peers;
  const { id, state, lastUsedAt } = sessions;
  const rows = await unit.db
    .select({ id, state, lastUsedAt, identifier, channelId })
    .from(peers)
    .innerJoin(sessions, eq(id, peers.sessionId))
    .where(and(aboutChannels(peers, wanted.channels), ...matches(unit, wanted)))
    .limit(MAX_KNOWN_ROWS);
  const bySession = new Map<number, (typeof rows)[number][]>();
  for (const row of rows) bySession.set(row.id, [...(bySession.get(row.id) ?? []), row]);
  const leasable = leasableStates(wanted.request);
  return [...bySession].flatMap(([sessionId, about]) => {
    const [row] = about;
    if (!row) return [];
    const known = wanted.channels.filter((channel) => about.some((each) => isAbout(each, channel))).length;
    const isLeasable = leasable.includes(row.state);
    const isFrozen = row.state === FROZEN;
    return [{ id: sessionId, lastUsedAt: row.lastUsedAt, known, isLeasable, isFrozen }];
  });
}

/** Locks the session, and chooses it if it may resolve what it does not know; null: it is not free any more. */
async function attempt(
  unit: UnitOfWork,
  sessionId: number,
  { request, channels, perDay, now, lock }: Wanted,
  states: readonly State[] = leasableStates(request),
): Promise<Tried> {
  const { sessions, peers, methodFloods } = unit.tables;
  const { id, state } = sessions;
  const free = and(eq(id, sessionId), inArray(state, [...states]));
  const [locked] = await unit.forUpdate(unit.db.select({ id }).from(sessions).where(free), lock);
  if (!locked) return null;
  const known = await unit.db
    .select({ identifier: peers.identifier, channelId: peers.channelId })
    .from(peers)
    .where(and(eq(peers.sessionId, sessionId), aboutChannels(peers, channels)));
  const unknown = toResolve(channels, (channel) => known.some((row) => isAbout(row, channel)));
  if (unknown.length === 0) return { kind: 'chosen', id: sessionId, unknown };
  const flood = and(eq(methodFloods.sessionId, sessionId), eq(methodFloods.method, FLOODED_METHOD));
  const [flooded] = await unit.db.select({ until: methodFloods.until }).from(methodFloods).where(flood);
  if (flooded) return { kind: 'short', left: 0, nextAt: flooded.until };
  const use = await resolveUse(unit, sessionId, perDay, now);
  const { left } = budgetAt(use, now);
  if (left >= unknown.length) return { kind: 'chosen', id: sessionId, unknown };
  if (left === 0) await markUsedUp(unit, sessionId, use, now);
  return { kind: 'short', left, nextAt: whenLeft(use, unknown.length, now) };
}

/** The least recently used free session with enough resolves left; null: none is free, as far as was examined. */
async function anyWithBudget(unit: UnitOfWork, wanted: Wanted): Promise<Tried> {
  let shortage: Shortage | null = null;
  // Each walks an index in the order of use.
  for (const methodFlooded of wanted.request.method === null ? [false] : [false, true]) {
    let last: Walked | undefined;
    for (let examined = 0; examined < MAX_EXAMINED; examined += EXAMINED_AT_ONCE) {
      const page = await walk(unit, wanted, methodFlooded, last);
      for (const { id } of page) {
        const tried = await attempt(unit, id, wanted);
        if (tried?.kind === 'chosen') return tried;
        shortage = leastShort(shortage, tried);
      }
      last = page.at(-1);
      if (page.length < EXAMINED_AT_ONCE) break;
    }
  }
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
        wanted.channels.some(isName) ? mayResolve(unit, wanted.perDay, wanted.now) : undefined,
        ...matches(unit, wanted),
      ),
    )
    .orderBy(asc(lastUsedAt), asc(id))
    .limit(EXAMINED_AT_ONCE);
}

/** When the first of the free sessions that were not examined has a resolve left again; null: there are none. */
async function nextWithBudget(unit: UnitOfWork, wanted: Wanted): Promise<Shortage | null> {
  if (!wanted.channels.some(isName)) return null;
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

/** All states from which a session may be leased: only by the service itself, to look after it; else free ones. */
function leasableStates({ sessionId, alsoInactive }: AcquireRequest): State[] {
  return alsoInactive && sessionId !== null ? statesBefore('acquire') : [FREE];
}

/**
 * The conditions of the request, besides the state. Of a session that knows the channels, a flood for finding them
 * matters only to a request that is for this very method.
 */
function matches(unit: UnitOfWork, { request }: Wanted): (SQL | undefined)[] {
  const { sessions, methodFloods } = unit.tables;
  const { sessionId, sessionName, withCredentials, tags, method, except = [] } = request;
  const itsFloods = eq(methodFloods.sessionId, sessions.id);
  const barring = method === null ? ne(methodFloods.method, FLOODED_METHOD) : eq(methodFloods.method, method);
  const floods = unit.db.select({ id: methodFloods.sessionId }).from(methodFloods);
  return [
    sessionId === null ? undefined : eq(sessions.id, sessionId),
    sessionName === null ? undefined : eq(sessions.name, sessionName),
    except.length === 0 ? undefined : notInArray(sessions.id, [...except]),
    withCredentials ? isNotNull(sessions.authKeySha256) : undefined,
    hasAllTags(unit, tags),
    notExists(floods.where(and(itsFloods, barring))),
  ];
}
