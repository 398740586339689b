import type { ConditionColumns } from './account_condition.js';
import type { FenceKind } from './fence.js';
import { type LeaseRecord, type UnreleasedLease, withUnreleased } from './lease_authorization.js';
import {
  type BaseState,
  type IdleState,
  nextState,
  type PoolEvent,
  STATES,
  type State,
  TRANSITIONS,
} from './states.js';
import type { UseColumns } from './uses.js';

/** The columns with a session's state in the pool. */
export interface PoolColumns extends ConditionColumns, UseColumns {
  readonly state: State;
  readonly stateReason: string | null;
  readonly stateUntil: number | null;
  readonly methodFlooded: boolean;
  readonly lastUsedAt: number;
  readonly leaseId: string | null;
  readonly leaseHolder: string | null;
  readonly leaseAddress: string | null;
  readonly leaseTtlSeconds: number | null;
  readonly leaseRenewed: boolean;
  /** Of the current lease, or of the last one; null: it has none. */
  readonly leaseFence: FenceKind | null;
  /**
   * Until when the last holder may still be connected, because its lease ended without its release; the session is
   * not leased before that, whatever else happens. Null: the lease is current, or was released.
   */
  readonly cooldownUntil: number | null;
  readonly unreleased: readonly UnreleasedLease[];
  readonly suspectedAt: number | null;
}

/** A session as the pool's rules see it. */
export interface SessionState extends PoolColumns, LeaseRecord {
  readonly id: number;
  readonly name: string;
  readonly baseState: BaseState;
  readonly baseStateReason: string | null;
}

/** The state of the session at `at` if nothing holds it. */
export function idleState(
  { baseState, condition, usedUpUntil }: Pick<SessionState, 'baseState' | 'condition' | 'usedUpUntil'>,
  at: number,
): IdleState {
  if (baseState !== 'free') return baseState;
  if (condition === 'frozen') return 'frozen';
  return (usedUpUntil ?? 0) > at ? 'used_up' : 'free';
}

/** What is said of a session that has just become frozen or used up. */
function idleColumns(row: SessionState): Pick<PoolColumns, 'stateReason' | 'stateUntil'> {
  return row.state === 'frozen'
    ? { stateReason: row.conditionDetail?.reason ?? null, stateUntil: null }
    : { stateReason: 'all uses of the day', stateUntil: row.usedUpUntil };
}

/** An entry of the history. */
export interface HistoryEntry {
  readonly at: number;
  readonly event: string;
  readonly detail?: string | null;
  readonly holder?: string | null;
}

/**
 * The row after `event` at the moment `at`, with `changes`; null if the transition table says that it changes
 * nothing. A lease that ends without its holder is remembered, and while that one may still be connected, the session
 * cools down instead of becoming leasable.
 */
export function applyEvent<Row extends SessionState>(
  row: Row,
  event: PoolEvent,
  changes: Partial<PoolColumns>,
  at: number,
): Row | null {
  const idle = idleState(
    {
      baseState: row.baseState,
      condition: changes.condition ?? row.condition,
      usedUpUntil: changes.usedUpUntil === undefined ? row.usedUpUntil : changes.usedUpUntil,
    },
    at,
  );
  const state = nextState(row.state, event, idle);
  if (state === null) return null;
  const resting = state === idle && state !== row.state;
  const columns = resting ? { stateReason: row.baseStateReason, stateUntil: null } : {};
  const after = { ...row, ...columns, ...changes, state };
  if (resting && state !== row.baseState) Object.assign(after, idleColumns(after));
  const taken = row.state === 'leased' && (event === 'expire' || after.cooldownUntil !== null);
  const unreleased = taken ? withUnreleased(row) : after.unreleased;
  if (resting && mayBeConnected(after, at)) {
    const { cooldownUntil: stateUntil } = after;
    return { ...after, unreleased, state: 'cooldown', stateUntil, stateReason: 'its lease was ended' };
  }
  return { ...after, unreleased };
}

/** Whether the session could be leased although its last holder may still be connected. */
function mayBeConnected({ state, cooldownUntil }: SessionState, at: number): boolean {
  return TRANSITIONS[state].acquire !== undefined && (cooldownUntil ?? 0) > at;
}

/** The states in which `event` changes something. */
export function statesBefore(event: PoolEvent): State[] {
  return STATES.filter((state) => TRANSITIONS[state][event] !== undefined);
}

/** The names of the counters that include a session. */
export function countsOf(row: CountedSession): string[] {
  const names = [`state:${row.state}`];
  if (row.state === 'free' && row.methodFlooded) names.push('method_flooded');
  if (row.state === 'leased') names.push(`holder:${row.leaseHolder}`);
  if (row.condition !== 'alive' && row.state !== 'dead') names.push(`condition:${row.condition}`);
  return names;
}

/** What decides which counters include a session. */
export type CountedSession = Pick<SessionState, 'state' | 'methodFlooded' | 'leaseHolder' | 'condition'>;

/** Whether a waiting request may get the session now, and could not before. */
export function becameFree(before: PoolColumns, after: PoolColumns): boolean {
  if (after.state === 'frozen') return before.state !== 'frozen';
  return (
    after.state === 'free' && (before.state !== 'free' || (before.methodFlooded && !after.methodFlooded))
  );
}

/** A session's position among the free ones with its tags; null: it is not free. */
export function freeSince(row: Pick<SessionState, 'state' | 'lastUsedAt'>): number | null {
  return row.state === 'free' ? row.lastUsedAt : null;
}

/** Whether a worker holds it, or held it a moment ago and may still be connected. */
export function isHeld({ state }: Pick<SessionState, 'state'>): boolean {
  return state === 'leased' || state === 'cooldown';
}
