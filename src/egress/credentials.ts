import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the keys of the credentials are derived for. */
export const EGRESS_PURPOSE = 'egress credentials';

/** The lease that credentials belong to. */
export interface NamedLease {
  readonly sessionId: number;
  readonly leaseId: string;
}

/** Credentials that were given out by this service, or by another replica. */
export interface KnownCredentials {
  readonly sessionId: number;
  /** Whether they belong to this lease. */
  belongTo(leaseId: string): boolean;
}

/** Of HMAC-SHA256, in base64url: 128 bits name the lease, and 256 bits are the password. */
const NAME_LENGTH = 22;
const PASS_LENGTH = 43;

/**
 * The credentials of leases at the fence. The user name consists of the session's id and a name of the lease that
 * only a holder of the key can compute; the password is a MAC of the user name. So every replica can check them,
 * without a look at the database, and nothing is stored; whether the lease is current is another question.
 */
export class EgressCredentials {
  readonly #keys: readonly Uint8Array[];

  /** `keys`: of 32 bytes each, newest first: the first one makes credentials, all of them check. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  /** The credentials of a lease. */
  of({ sessionId, leaseId }: NamedLease): { user: string; pass: string } {
    const [key = new Uint8Array()] = this.#keys;
    const user = `${sessionId}-${nameOf(key, leaseId)}`;
    return { user, pass: passOf(key, user) };
  }

  /** Null: no replica gave these out. Compares in constant time. */
  verify(user: string, pass: string): KnownCredentials | null {
    const [, digits, name = ''] = /^(\d{1,15})-([\w-]{22})$/.exec(user) ?? [];
    if (digits === undefined || pass.length !== PASS_LENGTH) return null;
    const key = this.#keys.find((one) => isSame(passOf(one, user), pass));
    if (key === undefined) return null;
    return { sessionId: Number(digits), belongTo: (leaseId) => isSame(nameOf(key, leaseId), name) };
  }
}

function nameOf(key: Uint8Array, leaseId: string): string {
  return createHmac('sha256', key).update(`lease:${leaseId}`).digest('base64url').slice(0, NAME_LENGTH);
}

function passOf(key: Uint8Array, user: string): string {
  return createHmac('sha256', key).update(`user:${user}`).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
