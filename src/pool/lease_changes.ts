import { authorizeBlock } from './block_decision.js';
import {
  type Authorization,
  authorizeLease,
  type Caller,
  type RefusalKind,
  type Relation,
  withLateRelease,
} from './lease_authorization.js';
import { type Change, revocation } from './lease_expiry.js';
import type { PoolColumns, SessionState } from './session_state.js';

/** What a release means for a session. */
export type ReleaseDecision =
  | { readonly kind: RefusalKind }
  | {
      readonly kind: 'allowed';
      readonly as: Relation;
      /** Ends the lease or the cool-down after it; null: there is nothing to end. */
      readonly change: Change | null;
      /** Written though nothing ends; empty: nothing. */
      readonly columns: Partial<PoolColumns>;
    };

/**
 * What the caller's release, with a flood wait of the session or of a method (`flooded`) or without, means for the
 * session at `now`. Its holder ends the lease, or the cool-down after it; an admin takes it from the holder, and the
 * session cools down. Nobody else ends anything.
 */
export function decideRelease(
  row: SessionState,
  caller: Caller,
  flooded: boolean,
  now: number,
): ReleaseDecision {
  const authorized: Authorization = (flooded ? authorizeBlock : authorizeLease)(row, caller);
  if (authorized.kind !== 'allowed') return authorized;
  const { as } = authorized;
  const by = { at: now, holder: caller.holder };
  if (as === 'admin') {
    const taken = revocation(row, now);
    const change = taken && { ...taken, entry: { ...taken.entry, ...by } };
    return { kind: 'allowed', as, change, columns: {} };
  }
  const columns = row.state === 'leased' ? {} : lateRelease(row, caller);
  if (as !== 'holder' || (row.state !== 'leased' && row.state !== 'cooldown')) {
    return { kind: 'allowed', as, change: null, columns };
  }
  const changes = { ...columns, lastUsedAt: now, cooldownUntil: null };
  const change = { event: 'release', changes, entry: { ...by, event: 'released' } } as const;
  return { kind: 'allowed', as, change, columns: {} };
}

function lateRelease(row: SessionState, caller: Caller): Partial<PoolColumns> {
  const unreleased = withLateRelease(row, caller);
  return unreleased.length === row.unreleased.length ? {} : { unreleased };
}

/** What a renewal writes: the lease lasts for its own length, or for another one that is its own from now on. */
export function renewal({ leaseTtlSeconds: own }: SessionState, ttlSeconds: number | null, now: number) {
  const seconds = ttlSeconds ?? own ?? 0;
  return { stateUntil: now + seconds * 1000, leaseTtlSeconds: seconds, leaseRenewed: true };
}
