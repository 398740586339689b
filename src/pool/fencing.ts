import type { State } from './states.js';

/** Who asks, and which lease it says it holds. */
export interface Caller {
  /** The identity of the API key. */
  readonly holder: string;
  readonly admin: boolean;
  readonly leaseId: string | null;
}

/** What the pool knows of a session's current lease, or of its last one when it is not leased. */
export interface LeaseRecord {
  readonly state: State;
  readonly leaseId: string | null;
  readonly leaseHolder: string | null;
}

export type Fence = 'allowed' | 'lease_lost' | 'not_lease_holder';

/**
 * Whether the caller may act on the session. A lease id decides wherever one is given: it must be the
 * current lease's or, when nobody holds the session, the last one's, so that a request that is sent
 * again gets the same answer. Without one, a leased session obeys the key that holds it, and an admin's.
 */
export function fence(lease: LeaseRecord, caller: Caller): Fence {
  if (caller.leaseId !== null) return caller.leaseId === lease.leaseId ? 'allowed' : 'lease_lost';
  if (lease.state !== 'leased' || caller.admin) return 'allowed';
  return caller.holder === lease.leaseHolder ? 'allowed' : 'not_lease_holder';
}

/** Whether the caller is the one who held the session last. */
export function heldLast(lease: LeaseRecord, caller: Caller): boolean {
  return caller.leaseId !== null ? caller.leaseId === lease.leaseId : caller.holder === lease.leaseHolder;
}
