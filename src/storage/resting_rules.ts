import type { PoolEvent, RestState, State } from '../pool/states.js';
import type { Standing } from './standing.js';

/** Where a session comes to rest, and why. */
export interface Rest {
  readonly rest: RestState;
  readonly restReason: string | null;
}

/** States that Telegram put an account in: whoever gets its auth key gets them too. */
const OF_THE_ACCOUNT: Partial<Record<State, PoolEvent>> = {
  flood: 'flood',
  invalid: 'invalidate',
  dead: 'die',
};

/** What is said instead of a session's name where a login under way has the auth key. */
export const LOGIN_UNDER_WAY = 'a login under way';

/** What it means that the session rests elsewhere now; `gained`: by another auth key. Null: nothing changed. */
export function settling(row: Rest, rest: Rest, gained: boolean, now: number) {
  const wasDead = row.rest === 'dead' && rest.rest !== 'dead';
  const event: PoolEvent = gained || wasDead ? 'rekey' : 'settle';
  if (event === 'settle' && rest.rest === row.rest && rest.restReason === row.restReason) return null;
  const changes = { stateReason: rest.restReason, suspectedAt: null };
  return { event, changes, occasion: { at: now, event: rest.rest, detail: rest.restReason } };
}

/** What an heir of the auth key gets with it; null: nothing. */
export function inherited(former: Pick<Standing, 'state' | 'stateReason' | 'stateUntil'>, now: number) {
  const event = OF_THE_ACCOUNT[former.state];
  if (!event) return null;
  const { stateReason, stateUntil } = former;
  const occasion = { at: now, event: former.state, detail: stateReason };
  return { event, changes: { stateReason, stateUntil }, occasion };
}

/** Why the row's own file is dead, from what the row says; null: it is not. */
export function deadByFile({ rest, restReason }: Rest): string | null {
  return rest === 'dead' ? restReason : null;
}
