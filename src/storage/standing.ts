import {
  nextState,
  type PoolEvent,
  type RestState,
  STATES,
  type State,
  TRANSITIONS,
} from '../pool/states.js';

/** The columns that say where a session stands in the pool. */
export interface PoolColumns {
  readonly state: State;
  readonly stateReason: string | null;
  readonly stateUntil: number | null;
  readonly limited: boolean;
  readonly lastUsedAt: number;
  readonly leaseId: string | null;
  readonly leaseHolder: string | null;
  readonly leaseTtlSeconds: number | null;
  readonly leaseRenewed: boolean;
  readonly suspectedAt: number | null;
}

/** A session as the pool's rules see it. */
export interface Standing extends PoolColumns {
  readonly id: number;
  readonly name: string;
  readonly rest: RestState;
  readonly restReason: string | null;
}

/** What happened, for the history. */
export interface Occasion {
  readonly at: number;
  readonly event: string;
  readonly detail?: string | null;
  readonly holder?: string | null;
}

/** The row after `event`, with `changes`; null where the transition table says that it changes nothing. */
export function happened<Row extends Standing>(
  row: Row,
  event: PoolEvent,
  changes: Partial<PoolColumns>,
): Row | null {
  const state = nextState(row.state, event, row.rest);
  if (state === null) return null;
  const resting = state === row.rest && state !== row.state;
  const columns = resting ? { stateReason: row.restReason, stateUntil: null } : {};
  return { ...row, ...columns, ...changes, state };
}

/** The states in which `event` changes something. */
export function statesBefore(event: PoolEvent): State[] {
  return STATES.filter((state) => TRANSITIONS[state][event] !== undefined);
}

/** The names of the counts that a session is part of. */
export function countsOf(row: Pick<Standing, 'state' | 'limited' | 'leaseHolder'>): string[] {
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
export function freeSince(row: Pick<Standing, 'state' | 'lastUsedAt'>): number | null {
  return row.state === 'free' ? row.lastUsedAt : null;
}

/** A worker has it, or had it a moment ago and may still be connected. */
export function isHeld({ state }: Pick<Standing, 'state'>): boolean {
  return state === 'leased' || state === 'cooldown';
}
