/** Every state a session of the pool can be in. */
export const STATES = [
  'free',
  'leased',
  'cooldown',
  'flood',
  'invalid',
  'missing',
  'dead',
  'inactive',
  'duplicate',
] as const;
export type State = (typeof STATES)[number];

/**
 * Where a session comes to rest when nothing holds it: `free`, unless its file, its
 * auth key or an admin says otherwise.
 */
export type RestState = Extract<State, 'free' | 'missing' | 'dead' | 'inactive' | 'duplicate'>;

/**
 * Everything that can happen to a session.
 *
 * - `expire`: a lease that was never renewed ran out; `cool`: one that was renewed did,
 *   so its worker speaks heartbeats and needs a moment to notice.
 * - `revoke`: somebody took the lease from its holder, who may still be connected.
 * - `elapse`: a cool-down or a flood wait is over.
 * - `settle`: the rest state changed; `rekey`: the file holds another auth key than before.
 */
export const EVENTS = [
  'acquire',
  'renew',
  'release',
  'expire',
  'cool',
  'revoke',
  'flood',
  'invalidate',
  'restore',
  'elapse',
  'die',
  'settle',
  'rekey',
] as const;
export type PoolEvent = (typeof EVENTS)[number];

/** The next state; `rest`: the session's rest state; absent: the event changes nothing. */
type Row = Partial<Record<PoolEvent, State | 'rest'>>;

/** The whole of leasing: state × event → state. What is not here does not happen. */
export const TRANSITIONS: Readonly<Record<State, Readonly<Row>>> = {
  free: {
    acquire: 'leased',
    flood: 'flood',
    invalidate: 'invalid',
    die: 'dead',
    settle: 'rest',
    rekey: 'rest',
  },
  leased: {
    renew: 'leased',
    release: 'rest',
    expire: 'rest',
    cool: 'cooldown',
    revoke: 'cooldown',
    flood: 'flood',
    invalidate: 'invalid',
    die: 'dead',
  },
  cooldown: {
    release: 'rest',
    flood: 'flood',
    invalidate: 'invalid',
    elapse: 'rest',
    die: 'dead',
  },
  flood: { flood: 'flood', invalidate: 'invalid', restore: 'rest', elapse: 'rest', die: 'dead' },
  invalid: { restore: 'rest', elapse: 'rest' },
  missing: { invalidate: 'invalid', die: 'dead', settle: 'rest', rekey: 'rest' },
  dead: { invalidate: 'invalid', restore: 'rest', rekey: 'rest' },
  inactive: {
    acquire: 'leased',
    invalidate: 'invalid',
    die: 'dead',
    settle: 'rest',
    rekey: 'rest',
  },
  duplicate: { invalidate: 'invalid', die: 'dead', settle: 'rest', rekey: 'rest' },
};

/** The state that follows, or null where the event changes nothing. */
export function nextState(state: State, event: PoolEvent, rest: RestState): State | null {
  const target = TRANSITIONS[state][event] ?? null;
  return target === 'rest' ? rest : target;
}

/** States in which a deadline (`state_until`) is awaited, and the event that it brings. */
export function deadlineEvent(state: State, renewed: boolean): PoolEvent | null {
  if (state === 'leased') return renewed ? 'cool' : 'expire';
  return state === 'cooldown' || state === 'flood' || state === 'invalid' ? 'elapse' : null;
}

/** States counted as `in_floodwait`: an invalidated session is a flood wait without a known end. */
export const FLOOD_STATES: readonly State[] = ['flood', 'invalid'];

/** States counted as `unavailable`, which are also its reasons. */
export const UNAVAILABLE_STATES: readonly State[] = ['cooldown', 'missing', 'dead', 'inactive', 'duplicate'];

/** 2099-01-01T00:00:00Z: until when an invalidated session is kept out, in milliseconds. */
export const INVALIDATED_UNTIL = Date.UTC(2099, 0, 1);

/** The longest cool-down of a lease that ran out or was revoked, in seconds. */
export const MAX_COOLDOWN_SECONDS = 60;
