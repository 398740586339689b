import { and, eq, isNotNull, ne, notExists, notInArray, or, type SQL } from 'drizzle-orm';
import { foldIdentifier } from '../../kernel/channel_identifier.js';
import { RESOLVE_METHOD } from '../../peers/resolve_budget.js';
import { isName } from '../../peers/rules.js';
import { passesOverUnfenceable, UNFENCEABLE_PROXY } from '../../pool/fence.js';
import { statesBefore } from '../../pool/session_state.js';
import type { State } from '../../pool/states.js';
import type { AcquireRequest, ResolveShortage } from '../../pool/store.js';
import type { RowLock, UnitOfWork } from '../unit_of_work.js';
import { hasAllTags } from './tag_filter.js';

/** A request for sessions that know channels, and the setting. */
export interface Wanted {
  readonly request: AcquireRequest;
  /** Folded, each once. */
  readonly channels: readonly string[];
  /** Those among them that can be resolved. */
  readonly names: readonly string[];
  readonly perDay: number;
  readonly now: number;
  readonly lock: RowLock;
}

/** A session that may be leased for channels, locked: it is to resolve the names in `unknown`. */
export interface ChosenSession {
  readonly kind: 'chosen';
  readonly id: number;
  readonly unknown: readonly string[];
}

/** Why a free session may not be leased for the channels. */
export type Shortage = Pick<ResolveShortage, 'left' | 'nextAt'>;

/** What became of a session that was tried; null: it was not free. */
export type Tried = ChosenSession | (Shortage & { readonly kind: 'short' }) | null;

const FREE: State = 'free';

/** Leased only for channels that it knows, if the request allows that. */
export const FROZEN: State = 'frozen';

/** The method of a flood that keeps a session from resolving. */
export const FLOODED_METHOD = RESOLVE_METHOD.toLowerCase();

/** The request in the form in which it is searched for. */
export function wantedBy(request: AcquireRequest, lock: RowLock, now: number): Wanted {
  const channels = [...new Set((request.channels ?? []).map(foldIdentifier))];
  return {
    ...{ request, channels, names: channels.filter(isName) },
    ...{ perDay: request.resolvesPerDay ?? 0, now, lock },
  };
}

/** All states from which a session may be leased: only by the service itself, to look after it; else free ones. */
export function leasableStates({ sessionId, alsoInactive }: AcquireRequest): State[] {
  return alsoInactive && sessionId !== null ? statesBefore('acquire') : [FREE];
}

/**
 * The conditions of the request, besides the state. Of a session that knows the channels, a flood for finding them
 * matters only to a request that is for this very method; and what a frozen account was refused, only to one for that.
 */
export function matches(unit: UnitOfWork, { request }: Wanted): (SQL | undefined)[] {
  const { sessions, methodFloods, proxies } = unit.tables;
  const { sessionId, sessionName, withCredentials, tags, method, except = [] } = request;
  const itsFloods = eq(methodFloods.sessionId, sessions.id);
  const barring = method === null ? ne(methodFloods.method, FLOODED_METHOD) : eq(methodFloods.method, method);
  const floods = unit.db.select({ id: methodFloods.sessionId }).from(methodFloods);
  const unfenceable = and(eq(proxies.id, sessions.proxyId), eq(proxies.type, UNFENCEABLE_PROXY));
  const unfenceables = unit.db.select({ id: proxies.id }).from(proxies).where(unfenceable);
  const unflooded = notExists(floods.where(and(itsFloods, barring)));
  return [
    sessionId === null ? undefined : eq(sessions.id, sessionId),
    sessionName === null ? undefined : eq(sessions.name, sessionName),
    except.length === 0 ? undefined : notInArray(sessions.id, [...except]),
    withCredentials ? isNotNull(sessions.authKeySha256) : undefined,
    hasAllTags(unit, tags),
    passesOverUnfenceable(request) ? notExists(unfenceables) : undefined,
    method === null ? or(eq(sessions.state, FROZEN), unflooded) : unflooded,
  ];
}

/** Of two shortages, the one that ends first, and the most that is left. */
export function leastShort(one: Shortage | null, other: Shortage | null): Shortage | null {
  if (one === null || other === null) return one ?? other;
  const ends = [one.nextAt, other.nextAt].filter((at) => at !== null);
  return { left: Math.max(one.left, other.left), nextAt: ends.length > 0 ? Math.min(...ends) : null };
}
