/** Every state a session of the pool can be in. */
export const STATES = [
  'free',
  'leased',
  'cooldown',
  'flood',
  'invalid',
  'frozen',
  'used_up',
  'missing',
  'dead',
  'inactive',
  'duplicate',
] as const;
export type State = (typeof STATES)[number];

/** The state of a session that nothing holds: `free`, unless its file, its auth key or an admin says otherwise. */
export type BaseState = Extract<State, 'free' | 'missing' | 'dead' | 'inactive' | 'duplicate'>;

/**
 * The state to which a session that nothing holds returns: its base state, but `frozen` or `used_up` instead of `free`
 * while its account is frozen, or it has had all uses of the day.
 */
export type IdleState = BaseState | Extract<State, 'frozen' | 'used_up'>;

/**
 * Everything that can happen to a session.
 *
 * - `expire`: a lease that was never renewed has expired, or a fenced one has ended without its holder.
 * - `enter_cooldown`: a lease that was renewed has expired; its worker sends heartbeats and needs a moment to notice.
 * - `revoke`: the lease was taken from its holder, which may still be connected.
 * - `timer_expired`: a cool-down, a flood wait, an invalidation or a day without further uses is over.
 * - `reconcile`: the base state changed, or the account's condition, or its uses.
 * - `auth_key_changed`: the file contains another auth key than before.
 */
export const EVENTS = [
  'acquire',
  'renew',
  'release',
  'expire',
  'enter_cooldown',
  'revoke',
  'flood',
  'invalidate',
  'restore',
  'timer_expired',
  'die',
  'reconcile',
  'auth_key_changed',
] as const;
export type PoolEvent = (typeof EVENTS)[number];

/** The next state; `base`: the session's idle state; absent: the event changes nothing. */
type Row = Partial<Record<PoolEvent, State | 'base'>>;

/** All of leasing: state × event → state. What is not listed does not happen. */
export const TRANSITIONS: Readonly<Record<State, Readonly<Row>>> = {
  free: {
    acquire: 'leased',
    flood: 'flood',
    invalidate: 'invalid',
    die: 'dead',
    reconcile: 'base',
    auth_key_changed: 'base',
  },
  leased: {
    renew: 'leased',
    release: 'base',
    expire: 'base',
    enter_cooldown: 'cooldown',
    revoke: 'cooldown',
    flood: 'flood',
    invalidate: 'invalid',
    die: 'dead',
  },
  cooldown: {
    release: 'base',
    flood: 'flood',
    invalidate: 'invalid',
    timer_expired: 'base',
    die: 'dead',
  },
  flood: { flood: 'flood', invalidate: 'invalid', restore: 'base', timer_expired: 'base', die: 'dead' },
  invalid: { restore: 'base', timer_expired: 'base' },
  // Leased only by a request that allows it.
  frozen: {
    acquire: 'leased',
    flood: 'flood',
    invalidate: 'invalid',
    restore: 'base',
    die: 'dead',
    reconcile: 'base',
    auth_key_changed: 'base',
  },
  // Leased only by the service, to look after it.
  used_up: {
    acquire: 'leased',
    flood: 'flood',
    invalidate: 'invalid',
    timer_expired: 'base',
    die: 'dead',
    reconcile: 'base',
    auth_key_changed: 'base',
  },
  missing: { invalidate: 'invalid', die: 'dead', reconcile: 'base', auth_key_changed: 'base' },
  dead: { invalidate: 'invalid', restore: 'base', auth_key_changed: 'base' },
  inactive: {
    acquire: 'leased',
    invalidate: 'invalid',
    die: 'dead',
    reconcile: 'base',
    auth_key_changed: 'base',
  },
  duplicate: { invalidate: 'invalid', die: 'dead', reconcile: 'base', auth_key_changed: 'base' },
};

/** The next state, or null if the event changes nothing. */
export function nextState(state: State, event: PoolEvent, idle: IdleState): State | null {
  const target = TRANSITIONS[state][event] ?? null;
  return target === 'base' ? idle : target;
}

/** The event that a passed deadline (`state_until`) causes in this state; null: the state has no deadline. */
export function deadlineEvent(state: State, renewed: boolean): PoolEvent | null {
  if (state === 'leased') return renewed ? 'enter_cooldown' : 'expire';
  return TIMED.has(state) ? 'timer_expired' : null;
}

const TIMED: ReadonlySet<State> = new Set(['cooldown', 'flood', 'invalid', 'used_up']);

/** States counted as `unavailable`, which are also its reasons. */
export const UNAVAILABLE_STATES: readonly State[] = [
  'cooldown',
  'frozen',
  'used_up',
  'missing',
  'dead',
  'inactive',
  'duplicate',
];

/** 2099-01-01T00:00:00Z, the end of an invalidation, in milliseconds. */
export const INVALIDATED_UNTIL = Date.UTC(2099, 0, 1);

/** The maximum ttl of a lease, in seconds. */
export const MAX_TTL_SECONDS = 86_400;

/** The maximum cool-down after a lease that expired or was revoked, in seconds. */
export const MAX_COOLDOWN_SECONDS = 60;
