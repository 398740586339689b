import { digest, sameDigest } from '../digests.js';
import type { ClaimOutcome, LoginChange, PendingLogin } from './store.js';

/** The maximum number of pending logins. */
export const MOST_UNDER_WAY = 1000;

/** A stored login. Times are milliseconds on the service's clock. */
export interface KeptLogin extends Omit<PendingLogin, 'authKeySha256'> {
  readonly authKeySha256: Buffer | null;
  /** When the claim on it expires, settled or not; null: no request is using it. */
  readonly claimedUntil: number | null;
  readonly createdAt: number;
}

/** What a request writes to settle a login. */
export type Settlement = LoginChange & { readonly inDoubt?: boolean };

/** A new login to store. */
export function keptLogin(login: PendingLogin, claimedUntil: number | null, now: number): KeptLogin {
  return { ...login, authKeySha256: digest(login.authKeySha256), claimedUntil, createdAt: now };
}

/** A login as it leaves storage: without its claim. */
export function pendingLogin(row: KeptLogin): PendingLogin {
  const { claimedUntil: _, createdAt: __, authKeySha256, ...login } = row;
  return { ...login, authKeySha256: authKeySha256?.toString('hex') ?? null };
}

/** Whether a request is using it. */
function isClaimed({ claimedUntil }: Pick<KeptLogin, 'claimedUntil'>, now: number): boolean {
  return claimedUntil !== null && claimedUntil > now;
}

/** The login, unless it has expired and no request is using it. */
export function liveLogin(row: KeptLogin | undefined, now: number): KeptLogin | undefined {
  return row && (row.expiresAt > now || isClaimed(row, now)) ? row : undefined;
}

/** Whether a request of this holder may claim the login now. If so, `claimUntil` must be written. */
export function claimOf(row: KeptLogin | undefined, holder: string, now: number): ClaimOutcome {
  const login = liveLogin(row, now);
  if (login?.holder !== holder) return { kind: 'unknown' };
  return isClaimed(login, now) ? { kind: 'busy' } : { kind: 'claimed', login: pendingLogin(login) };
}

/** What a claim writes: the login is in doubt until it is settled. */
export function claimUntil(until: number): Pick<KeptLogin, 'inDoubt' | 'claimedUntil'> {
  return { inDoubt: true, claimedUntil: until };
}

/** What settling a login writes. @throws Error if the login already has another auth key. */
export function settledBy(row: KeptLogin, change: Settlement): Partial<KeptLogin> {
  const { inDoubt = false, authKeySha256, secret, stage, ...harmless } = change;
  const ended = { ...harmless, inDoubt, claimedUntil: null };
  // A saved login no longer has a secret or an auth key, and is never pending again.
  if (row.stage === 'saved') return ended;
  const key = authKeySha256 === undefined ? row.authKeySha256 : digest(authKeySha256);
  if (row.authKeySha256 && !sameDigest(row.authKeySha256, key)) {
    throw new Error('a login keeps the auth key that it has: files wait for it');
  }
  return { ...ended, authKeySha256: key, secret: secret ?? row.secret, stage: stage ?? row.stage };
}
