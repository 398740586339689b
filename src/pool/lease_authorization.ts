import type { State } from './states.js';

/** Whether a call must name its lease: `required`, or `compatible` with workers that know no lease ids. */
export type LeaseIdMode = 'required' | 'compatible';

/** Who asks, and which lease it says it holds. */
export interface Caller {
  /** The identity of the API key. */
  readonly holder: string;
  readonly admin: boolean;
  readonly leaseId: string | null;
  /** The client's address; null: the service itself. */
  readonly address: string | null;
  readonly leaseIds: LeaseIdMode;
}

/** A lease that ended without a word of its holder, who may not know it and release it later. */
export interface UnreleasedLease {
  readonly leaseId: string | null;
  readonly holder: string;
  /** The client's address; null: not known. */
  readonly address: string | null;
}

/** What the pool knows of a session's current lease, or of its last one when it is not leased. */
export interface LeaseRecord {
  readonly state: State;
  readonly leaseId: string | null;
  readonly leaseHolder: string | null;
  /** The address of the client that it was given to; null: not known, or the service itself. */
  readonly leaseAddress: string | null;
  /** Its holder has sent heartbeats, which name the lease. */
  readonly leaseRenewed: boolean;
  /** Earlier leases of the session that nobody released, oldest first. */
  readonly unreleased: readonly UnreleasedLease[];
}

/** Why a call about a session is refused. */
export type RefusalKind = 'lease_lost' | 'not_lease_holder' | 'lease_id_required';

/**
 * What the caller is to the session.
 *
 * - `holder`: holds the current lease or, while nobody does, named the last one.
 * - `last_holder`, `bystander`: nobody holds the session, and no lease was named; the caller's key held it
 *   last, or did not.
 * - `admin`: acts by its role on a session that it does not hold.
 */
export type Relation = 'holder' | 'last_holder' | 'bystander' | 'admin';

/** What a caller who may do something about the session is to it, or why the call is refused. */
export type Authorization =
  | { readonly kind: 'allowed'; readonly as: Relation }
  | { readonly kind: RefusalKind };

/**
 * What the caller may do about the session. A lease id decides wherever one is given: it must be the current
 * lease's or, when nobody holds the session, the last one's, so that a request that is sent again gets the same
 * answer; and it counts only with the key that it was given to, or an admin's. Without one, a call about a leased
 * session is allowed if it can only mean the current lease, and refused in any doubt.
 */
export function authorizeLease(lease: LeaseRecord, caller: Caller): Authorization {
  const own = caller.holder === lease.leaseHolder;
  if (caller.leaseId !== null) {
    if (caller.leaseId !== lease.leaseId) return { kind: 'lease_lost' };
    if (own) return allowed('holder');
    return caller.admin ? allowed('admin') : { kind: 'not_lease_holder' };
  }
  const leased = lease.state === 'leased';
  if (caller.admin && !(leased && own)) return allowed('admin');
  if (caller.leaseIds === 'required') return { kind: 'lease_id_required' };
  if (!leased) return allowed(own ? 'last_holder' : 'bystander');
  if (!own) return { kind: 'not_lease_holder' };
  return canOnlyMean(lease, caller) ? allowed('holder') : { kind: 'lease_id_required' };
}

/** Whether the caller may block the session: one who acts by its key alone must at least have held it last. */
export function authorizeBlock(lease: LeaseRecord, caller: Caller): Authorization {
  const authorized = authorizeLease(lease, caller);
  if (authorized.kind !== 'allowed' || authorized.as !== 'bystander') return authorized;
  return { kind: 'not_lease_holder' };
}

/**
 * Whether a call without a lease id, by the key that holds the session, can only come from the holder: the same
 * client, which never showed that it knows lease ids, and no earlier client of the key has a release due.
 */
function canOnlyMean(lease: LeaseRecord, { holder, address }: Caller): boolean {
  return (
    address !== null &&
    address === lease.leaseAddress &&
    !lease.leaseRenewed &&
    !lease.unreleased.some((earlier) => earlier.holder === holder)
  );
}

/** So many unreleased leases of a session are remembered, the newest. */
const MAX_UNRELEASED = 16;

/** The unreleased leases once the session's current one has ended without its holder. */
export function withUnreleased(lease: LeaseRecord): readonly UnreleasedLease[] {
  const { leaseId, leaseHolder, leaseAddress, unreleased } = lease;
  if (leaseHolder === null) return unreleased;
  return [...unreleased, { leaseId, holder: leaseHolder, address: leaseAddress }].slice(-MAX_UNRELEASED);
}

/**
 * The unreleased leases once a release has come while nobody held the session. Without a lease id it counts for one
 * only if it can be no other's: the caller's key has one such lease, of the same client.
 */
export function withLateRelease(
  { unreleased }: LeaseRecord,
  { leaseId, holder, address }: Caller,
): readonly UnreleasedLease[] {
  if (leaseId !== null) return unreleased.filter((earlier) => earlier.leaseId !== leaseId);
  const ofKey = unreleased.filter((earlier) => earlier.holder === holder);
  const [only] = ofKey;
  if (only === undefined || ofKey.length > 1 || only.address !== address) return unreleased;
  return unreleased.filter((earlier) => earlier !== only);
}

function allowed(as: Relation): Authorization {
  return { kind: 'allowed', as };
}
