import { ALIVE } from '../pool/account_condition.js';
import type { SessionState } from '../pool/session_state.js';
import type { BaseState, PoolEvent, State } from '../pool/states.js';

/** A session's base state, and why. */
export interface StoredBaseState {
  readonly baseState: BaseState;
  readonly baseStateReason: string | null;
}

/** What decides the base state of a session, in order of precedence. */
export interface BaseStateFacts {
  /** Why its file is certainly dead; null: it is not. */
  readonly dead: string | null;
  /** Whether an admin deactivated it. */
  readonly inactive: boolean;
  /** The name of the session that owns its auth key; null: this one. */
  readonly duplicateOf: string | null;
}

/** The base state of a session whose file exists. */
export function baseStateOf(facts: BaseStateFacts): StoredBaseState {
  if (facts.dead !== null) return { baseState: 'dead', baseStateReason: facts.dead };
  if (facts.duplicateOf !== null) {
    return { baseState: 'duplicate', baseStateReason: `same auth key as ${facts.duplicateOf}` };
  }
  if (facts.inactive) return { baseState: 'inactive', baseStateReason: 'taken out of the pool by an admin' };
  return { baseState: 'free', baseStateReason: null };
}

/** States caused by Telegram: they belong to the account, and pass on with its auth key. */
const OF_THE_ACCOUNT: Partial<Record<State, PoolEvent>> = {
  flood: 'flood',
  invalid: 'invalidate',
  dead: 'die',
};

/** Used instead of a session's name if a pending login has the auth key. */
export const LOGIN_UNDER_WAY = 'a pending login';

/**
 * To which session with the same auth key a session yields: any, only the owner, or none. One that has just got the
 * key comes after all others. A missing one has lost its claim; the session that took the key over keeps it.
 */
export type YieldsTo = 'anybody' | 'owner' | 'nobody';

/** To which session the row yields its auth key; `keyChanged`: it has just got this key. */
export function yieldsTo({ baseState }: StoredBaseState, keyChanged: boolean): YieldsTo {
  if (keyChanged || baseState === 'duplicate') return 'anybody';
  return baseState === 'missing' ? 'owner' : 'nobody';
}

/** The name of the session that a row with the same auth key is a duplicate of; null: the row owns the key. */
export function duplicateOf(
  other: { readonly name: string; readonly baseState: BaseState } | undefined,
  yields: YieldsTo,
): string | null {
  if (other === undefined || yields === 'nobody') return null;
  return yields === 'anybody' || other.baseState !== 'duplicate' ? other.name : null;
}

/** The event of a new base state; `keyChanged`: of a new auth key. Null: nothing changed. */
export function baseStateChange(
  before: StoredBaseState,
  after: StoredBaseState,
  keyChanged: boolean,
  now: number,
) {
  const wasDead = before.baseState === 'dead' && after.baseState !== 'dead';
  const event: PoolEvent = keyChanged || wasDead ? 'auth_key_changed' : 'reconcile';
  const isSame = after.baseState === before.baseState && after.baseStateReason === before.baseStateReason;
  if (event === 'reconcile' && isSame) return null;
  // Another auth key may be another account's.
  const account = keyChanged ? ALIVE : {};
  const changes = { stateReason: after.baseStateReason, suspectedAt: null, ...account };
  return { event, changes, entry: { at: now, event: after.baseState, detail: after.baseStateReason } };
}

/** The event when the session's file is gone; its lease, if any, continues. */
export function fileGoneChange(row: StoredBaseState, baseStateReason: string, now: number) {
  // A session that was dead because of its file is no longer dead without it.
  const event: PoolEvent = row.baseState === 'dead' ? 'auth_key_changed' : 'reconcile';
  const base: StoredBaseState = { baseState: 'missing', baseStateReason };
  const changes = { stateReason: baseStateReason, suspectedAt: null };
  return { base, event, changes, entry: { at: now, event: 'missing', detail: baseStateReason } };
}

/** The event that the successor to the auth key of `former` takes over; null: none. */
export function successorChange(
  former: Pick<SessionState, 'state' | 'stateReason' | 'stateUntil'>,
  now: number,
) {
  const event = OF_THE_ACCOUNT[former.state];
  if (!event) return null;
  const { stateReason, stateUntil } = former;
  const entry = { at: now, event: former.state, detail: stateReason };
  return { event, changes: { stateReason, stateUntil }, entry };
}

/** Why the row's own file is dead, according to the row; null: it is not. */
export function deadByFile({ baseState, baseStateReason }: StoredBaseState): string | null {
  return baseState === 'dead' ? baseStateReason : null;
}
