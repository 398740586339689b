import { type LeaseRecord, type UnreleasedLease, withUnreleased } from './lease_authorization.js';
import { type BaseState, nextState, type PoolEvent, STATES, type State, TRANSITIONS } from './states.js';

/** The columns that say where a session stands in the pool. */
export interface PoolColumns {
  readonly state: State;
  readonly stateReason: string | null;
  readonly stateUntil: number | null;
  readonly limited: boolean;
  readonly lastUsedAt: number;
  readonly leaseId: string | null;
  readonly leaseHolder: string | null;
  readonly leaseAddress: string | null;
  readonly leaseTtlSeconds: number | null;
  readonly leaseRenewed: boolean;
  /**
   * Until when the last holder may still be connected, since its lease did not end by its own word; the session is
   * not leased before, whatever else happens to it. Null: its lease goes on, or the holder has let go.
   */
  readonly cooldownUntil: number | null;
  readonly unreleased: readonly UnreleasedLease[];
  readonly suspectedAt: number | null;
}

/** A session as the pool's rules see it. */
export interface SessionState extends PoolColumns, LeaseRecord {
  readonly id: number;
  readonly name: string;
  readonly rest: BaseState;
  readonly restReason: string | null;
}

/** What happened, for the history. */
export interface HistoryEntry {
  readonly at: number;
  readonly event: string;
  readonly detail?: string | null;
  readonly holder?: string | null;
}

/**
 * The row after `event` at the moment `at`, with `changes`; null where the transition table says that it changes
 * nothing. A lease that ends without its holder is remembered, and while that one may still be connected the
 * session cools down in place of becoming leasable.
 */
export function applyEvent<Row extends SessionState>(
  row: Row,
  event: PoolEvent,
  changes: Partial<PoolColumns>,
  at: number,
): Row | null {
  const state = nextState(row.state, event, row.rest);
  if (state === null) return null;
  const resting = state === row.rest && state !== row.state;
  const columns = resting ? { stateReason: row.restReason, stateUntil: null } : {};
  const after = { ...row, ...columns, ...changes, state };
  const taken = row.state === 'leased' && (event === 'expire' || after.cooldownUntil !== null);
  const unreleased = taken ? withUnreleased(row) : after.unreleased;
  if (resting && mayBeConnected(after, at)) {
    const { cooldownUntil: stateUntil } = after;
    return { ...after, unreleased, state: 'cooldown', stateUntil, stateReason: 'its lease was ended' };
  }
  return { ...after, unreleased };
}

/** The session could be leased though its last holder may still be connected. */
function mayBeConnected({ state, cooldownUntil }: SessionState, at: number): boolean {
  return TRANSITIONS[state].acquire !== undefined && cooldownUntil !== null && cooldownUntil > at;
}

/** The states in which `event` changes something. */
export function statesBefore(event: PoolEvent): State[] {
  return STATES.filter((state) => TRANSITIONS[state][event] !== undefined);
}

/** The names of the counts that a session is part of. */
export function countsOf(row: Pick<SessionState, 'state' | 'limited' | 'leaseHolder'>): string[] {
  const names = [`state:${row.state}`];
  if (row.state === 'free' && row.limited) names.push('limited');
  if (row.state === 'leased') names.push(`holder:${row.leaseHolder}`);
  return names;
}

/** Whether somebody who waits may get the session now, and could not before. */
export function becameFree(before: PoolColumns, after: PoolColumns): boolean {
  return after.state === 'free' && (before.state !== 'free' || (before.limited && !after.limited));
}

/** A session's place among the free ones that bear its tags; null: it is not free. */
export function freeSince(row: Pick<SessionState, 'state' | 'lastUsedAt'>): number | null {
  return row.state === 'free' ? row.lastUsedAt : null;
}

/** A worker has it, or had it a moment ago and may still be connected. */
export function isHeld({ state }: Pick<SessionState, 'state'>): boolean {
  return state === 'leased' || state === 'cooldown';
}
