import type { SessionState } from '../pool/session_state.js';
import type { BaseState, PoolEvent, State } from '../pool/states.js';

/** Where a session comes to rest, and why. */
export interface Rest {
  readonly rest: BaseState;
  readonly restReason: string | null;
}

/** What decides where a session comes to rest, from what forbids most to what forbids least. */
export interface RestFacts {
  /** Why its file is certainly dead; null: it is not. */
  readonly dead: string | null;
  /** An admin took it out of the pool. */
  readonly inactive: boolean;
  /** The name of the session registered before it with the same auth key; null: none. */
  readonly twin: string | null;
}

/** Where a session whose file is there comes to rest, and why. */
export function restOf(facts: RestFacts): Rest {
  if (facts.dead !== null) return { rest: 'dead', restReason: facts.dead };
  if (facts.twin !== null) return { rest: 'duplicate', restReason: `same auth key as ${facts.twin}` };
  if (facts.inactive) return { rest: 'inactive', restReason: 'taken out of the pool by an admin' };
  return { rest: 'free', restReason: null };
}

/** States that Telegram put an account in: they go with its auth key. */
const OF_THE_ACCOUNT: Partial<Record<State, PoolEvent>> = {
  flood: 'flood',
  invalid: 'invalidate',
  dead: 'die',
};

/** What is said instead of a session's name where a login under way has the auth key. */
export const LOGIN_UNDER_WAY = 'a login under way';

/**
 * Whom a session gives way to that has the same auth key: anybody, its `owner` alone, nobody. One that has the
 * key only now comes after all others. One that was missing has lost its claim; whoever has taken it keeps it.
 */
export type Yielding = 'anybody' | 'owner' | 'nobody';

/** Whom the row gives way to; `keyChanged`: it has this auth key only now. */
export function yieldingOf({ rest }: Rest, keyChanged: boolean): Yielding {
  if (keyChanged || rest === 'duplicate') return 'anybody';
  return rest === 'missing' ? 'owner' : 'nobody';
}

/** The name of the session that keeps the auth key, of this one that has it too; null: none does. */
export function keeperOf(
  other: { readonly name: string; readonly rest: BaseState } | undefined,
  yielding: Yielding,
): string | null {
  if (other === undefined || yielding === 'nobody') return null;
  return yielding === 'anybody' || other.rest !== 'duplicate' ? other.name : null;
}

/** What it means that the session rests elsewhere now; `keyChanged`: by another auth key. Null: nothing changed. */
export function settling(row: Rest, rest: Rest, keyChanged: boolean, now: number) {
  const wasDead = row.rest === 'dead' && rest.rest !== 'dead';
  const event: PoolEvent = keyChanged || wasDead ? 'auth_key_changed' : 'reconcile';
  if (event === 'reconcile' && rest.rest === row.rest && rest.restReason === row.restReason) return null;
  const changes = { stateReason: rest.restReason, suspectedAt: null };
  return { event, changes, entry: { at: now, event: rest.rest, detail: rest.restReason } };
}

/** What it means that the session's file is gone; what holds it, if anything, goes on. */
export function goingMissing(row: Rest, restReason: string, now: number) {
  // One that was dead by its file is not so without it.
  const event: PoolEvent = row.rest === 'dead' ? 'auth_key_changed' : 'reconcile';
  const rest: Rest = { rest: 'missing', restReason };
  const changes = { stateReason: restReason, suspectedAt: null };
  return { rest, event, changes, entry: { at: now, event: 'missing', detail: restReason } };
}

/** What the successor to the auth key takes over with it; null: nothing. */
export function inherited(former: Pick<SessionState, 'state' | 'stateReason' | 'stateUntil'>, now: number) {
  const event = OF_THE_ACCOUNT[former.state];
  if (!event) return null;
  const { stateReason, stateUntil } = former;
  const entry = { at: now, event: former.state, detail: stateReason };
  return { event, changes: { stateReason, stateUntil }, entry };
}

/** Why the row's own file is dead, from what the row says; null: it is not. */
export function deadByFile({ rest, restReason }: Rest): string | null {
  return rest === 'dead' ? restReason : null;
}
