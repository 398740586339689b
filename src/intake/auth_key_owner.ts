import type { SessionState } from '../pool/session_state.js';
import type { BaseState, PoolEvent, State } from '../pool/states.js';

/** A session's base state, and why. */
export interface StoredBaseState {
  readonly baseState: BaseState;
  readonly baseStateReason: string | null;
}

/** What decides the base state of a session, from what forbids most to what forbids least. */
export interface BaseStateFacts {
  /** Why its file is certainly dead; null: it is not. */
  readonly dead: string | null;
  /** An admin took it out of the pool. */
  readonly inactive: boolean;
  /** The name of the session that owns its auth key; null: it does so itself. */
  readonly duplicateOf: string | null;
}

/** The base state of a session whose file is there. */
export function baseStateOf(facts: BaseStateFacts): StoredBaseState {
  if (facts.dead !== null) return { baseState: 'dead', baseStateReason: facts.dead };
  if (facts.duplicateOf !== null) {
    return { baseState: 'duplicate', baseStateReason: `same auth key as ${facts.duplicateOf}` };
  }
  if (facts.inactive) return { baseState: 'inactive', baseStateReason: 'taken out of the pool by an admin' };
  return { baseState: 'free', baseStateReason: null };
}

/** States that Telegram put an account in: they go with its auth key. */
const OF_THE_ACCOUNT: Partial<Record<State, PoolEvent>> = {
  flood: 'flood',
  invalid: 'invalidate',
  dead: 'die',
};

/** What is said instead of a session's name where a pending login has the auth key. */
export const LOGIN_UNDER_WAY = 'a pending login';

/**
 * To whom a session leaves an auth key that both have: to anybody, to its owner alone, to nobody. One that has the
 * key only now comes after all others. One that was missing has lost its claim; whoever took the key over keeps it.
 */
export type YieldsTo = 'anybody' | 'owner' | 'nobody';

/** To whom the row leaves its auth key; `keyChanged`: it has this one only now. */
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

/** What follows from another base state; `keyChanged`: of another auth key. Null: nothing changed. */
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
  const changes = { stateReason: after.baseStateReason, suspectedAt: null };
  return { event, changes, entry: { at: now, event: after.baseState, detail: after.baseStateReason } };
}

/** What follows when the session's file is gone; its lease, if any, goes on. */
export function fileGoneChange(row: StoredBaseState, baseStateReason: string, now: number) {
  // One that was dead by its file is not so without it.
  const event: PoolEvent = row.baseState === 'dead' ? 'auth_key_changed' : 'reconcile';
  const base: StoredBaseState = { baseState: 'missing', baseStateReason };
  const changes = { stateReason: baseStateReason, suspectedAt: null };
  return { base, event, changes, entry: { at: now, event: 'missing', detail: baseStateReason } };
}

/** What the successor to the auth key of `former` takes over with it; null: nothing. */
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

/** Why the row's own file is dead, from what the row says; null: it is not. */
export function deadByFile({ baseState, baseStateReason }: StoredBaseState): string | null {
  return baseState === 'dead' ? baseStateReason : null;
}
