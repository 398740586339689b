import type { State } from './states.js';

/** Whether a call must name its lease: `required`, or `compatible` with workers that send no lease ids. */
export type LeaseIdMode = 'required' | 'compatible';

/** The caller, and the lease that it claims to hold. */
export interface Caller {
  /** The identity of the API key. */
  readonly holder: string;
  readonly admin: boolean;
  readonly leaseId: string | null;
  /** The client's address; null: the service itself. */
  readonly address: string | null;
  readonly leaseIds: LeaseIdMode;
}

/** A lease that ended without its holder, which may not know and may release it later. */
export interface UnreleasedLease {
  readonly leaseId: string | null;
  readonly holder: string;
  /** The client's address; null: unknown. */
  readonly address: string | null;
}

/** A session's current lease, or its last one if it is not leased. */
export interface LeaseRecord {
  readonly state: State;
  readonly leaseId: string | null;
  readonly leaseHolder: string | null;
  /** The address of the client that it was given to; for the service itself, the name of its process. Null: unknown. */
  readonly leaseAddress: string | null;
  /** Whether its holder has sent heartbeats, which name the lease. */
  readonly leaseRenewed: boolean;
  /** Earlier unreleased leases of the session, oldest first. */
  readonly unreleased: readonly UnreleasedLease[];
}

/** Why a call about a session is refused. */
export type RefusalKind = 'lease_lost' | 'not_lease_holder' | 'lease_id_required';

/**
 * What the caller is to the session.
 *
 * - `holder`: holds the current lease or, if there is none, named the last one.
 * - `last_holder`, `bystander`: nobody holds the session, and no lease was named; the caller's key held it
 * last, or did not.
 * - `admin`: acts by its role on a session that it does not hold.
 */
export type Relation = 'holder' | 'last_holder' | 'bystander' | 'admin';

/** The role of an authorized caller, or why the call is refused. */
export type Authorization =
  | { readonly kind: 'allowed'; readonly as: Relation }
  | { readonly kind: RefusalKind };

/**
 * Decides what the caller may do with the session. A given lease id decides: it must be that of the current lease or,
 * if nobody holds the session, of the last one, so that a repeated request gets the same answer; and it is valid only
 * with the key that it was given to, or an admin key. Without one, a call about a leased session is allowed if it can
 * only mean the current lease, and refused if there is any doubt.
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

/** Whether the caller may block the session: without a lease id, its key must at least have held the session last. */
export function authorizeBlock(lease: LeaseRecord, caller: Caller): Authorization {
  const authorized = authorizeLease(lease, caller);
  if (authorized.kind !== 'allowed' || authorized.as !== 'bystander') return authorized;
  return { kind: 'not_lease_holder' };
}

/**
 * Whether a call without a lease id, by the key that holds the session, can only come from the holder: the same
 * client, which has never used its lease id, and no earlier client of the key has an outstanding release.
 */
function canOnlyMean(lease: LeaseRecord, { holder, address }: Caller): boolean {
  return (
    address !== null &&
    address === lease.leaseAddress &&
    !lease.leaseRenewed &&
    !lease.unreleased.some((earlier) => earlier.holder === holder)
  );
}

/** How many unreleased leases of a session are remembered: the newest ones. */
const MAX_UNRELEASED = 16;

/** The unreleased leases after the session's current one has ended without its holder. */
export function withUnreleased(lease: LeaseRecord): readonly UnreleasedLease[] {
  const { leaseId, leaseHolder, leaseAddress, unreleased } = lease;
  if (leaseHolder === null) return unreleased;
  return [...unreleased, { leaseId, holder: leaseHolder, address: leaseAddress }].slice(-MAX_UNRELEASED);
}

/**
 * The unreleased leases after a release while nobody holds the session. Without a lease id, the release counts only
 * if it is unambiguous: the caller's key has one such lease, of the same client.
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
