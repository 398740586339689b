import { digest, sameDigest } from '../digests.js';
import type { ClaimOutcome, LoginChange, PendingLogin } from './store.js';

/** Logins that may be under way at once. */
export const MOST_UNDER_WAY = 1000;

/** A login as it is kept. Times are milliseconds on the service's clock. */
export interface KeptLogin extends Omit<PendingLogin, 'authKeySha256'> {
  readonly authKeySha256: Buffer | null;
  /** When the claim on it ends, settled or not; null: no request is at it. */
  readonly claimedUntil: number | null;
  readonly createdAt: number;
}

/** What a request writes that settles a login. */
export type Settlement = LoginChange & { readonly inDoubt?: boolean };

/** A new login, as it is to be kept. */
export function keptLogin(login: PendingLogin, claimedUntil: number | null, now: number): KeptLogin {
  return { ...login, authKeySha256: digest(login.authKeySha256), claimedUntil, createdAt: now };
}

/** A login as it leaves the storage: nothing of its claim. */
export function pendingLogin(row: KeptLogin): PendingLogin {
  const { claimedUntil: _, createdAt: __, authKeySha256, ...login } = row;
  return { ...login, authKeySha256: authKeySha256?.toString('hex') ?? null };
}

/** A request is at it. */
function isClaimed({ claimedUntil }: Pick<KeptLogin, 'claimedUntil'>, now: number): boolean {
  return claimedUntil !== null && claimedUntil > now;
}

/** The login, if its time is not over or a request is at it all the same. */
export function liveLogin(row: KeptLogin | undefined, now: number): KeptLogin | undefined {
  return row && (row.expiresAt > now || isClaimed(row, now)) ? row : undefined;
}

/** Whether a request of this holder may have the login now. If it is claimed, `claimUntil` is to be written. */
export function claimOf(row: KeptLogin | undefined, holder: string, now: number): ClaimOutcome {
  const login = liveLogin(row, now);
  if (login?.holder !== holder) return { kind: 'unknown' };
  return isClaimed(login, now) ? { kind: 'busy' } : { kind: 'claimed', login: pendingLogin(login) };
}

/** What a claim writes: it is in doubt until somebody settles it. */
export function claimUntil(until: number): Pick<KeptLogin, 'inDoubt' | 'claimedUntil'> {
  return { inDoubt: true, claimedUntil: until };
}

/** What settling a login writes. @throws Error when the login has another auth key already. */
export function settledBy(row: KeptLogin, change: Settlement): Partial<KeptLogin> {
  const { inDoubt = false, authKeySha256, secret, stage, ...harmless } = change;
  const ended = { ...harmless, inDoubt, claimedUntil: null };
  // What is saved has neither a secret nor an auth key any more, and is not under way again.
  if (row.stage === 'saved') return ended;
  const key = authKeySha256 === undefined ? row.authKeySha256 : digest(authKeySha256);
  if (row.authKeySha256 && !sameDigest(row.authKeySha256, key)) {
    throw new Error('a login keeps the auth key that it has: files wait for it');
  }
  return { ...ended, authKeySha256: key, secret: secret ?? row.secret, stage: stage ?? row.stage };
}
