import type { Caller } from '../../src/pool/lease_authorization.js';
import type { SessionState } from '../../src/pool/session_state.js';

/** A time on the service's clock, in milliseconds. */
export const NOW = 1_000_000;

/** A session as the rules see it: free and never leased, except for `over`. */
export function sessionIn(over: Partial<SessionState> = {}): SessionState {
  return {
    ...{ id: 1, name: 'a', baseState: 'free', baseStateReason: null, state: 'free', stateReason: null },
    ...{ stateUntil: null, methodFlooded: false, lastUsedAt: 0, leaseId: null, leaseHolder: null },
    ...{ leaseAddress: null, leaseTtlSeconds: null, leaseRenewed: false, leaseFence: null },
    ...{ cooldownUntil: null, unreleased: [], suspectedAt: null, condition: 'alive', conditionDetail: null },
    ...{ usesDay: 0, usesToday: 0, usedUpUntil: null },
    ...over,
  };
}

/** A session that `key:1` has leased for an hour, a quarter of which has passed. */
export function leasedSession(over: Partial<SessionState> = {}): SessionState {
  return sessionIn({
    ...{ state: 'leased', stateUntil: NOW + 2_700_000, leaseTtlSeconds: 3600 },
    ...{ leaseId: 'lease', leaseHolder: 'key:1', leaseAddress: '192.0.2.1' },
    ...over,
  });
}

/** The holder of that lease, with its lease id. */
export function holder(over: Partial<Caller> = {}): Caller {
  return {
    ...{ holder: 'key:1', admin: false, leaseId: 'lease', address: '192.0.2.1', leaseIds: 'required' },
    ...over,
  };
}

/** An admin with a key of its own. */
export const ADMIN = holder({ holder: 'key:admin', admin: true, leaseId: null });
