import { LOGIN_UNDER_WAY } from '../intake/auth_key_owner.js';
import type { FoundFile } from '../intake/store.js';
import { digest, sameDigest } from '../kernel/digests.js';
import { isHeld, type SessionState } from '../pool/session_state.js';
import type { SessionRecord } from '../sessions/store.js';
import { isRpcError, TelegramTimeout, TelegramUnreachable } from '../telegram/errors.js';
import type { ClaimOutcome, LoginChange, LoginStore, NewSession, PendingLogin, Taken } from './store.js';

/** Whether Telegram may have carried out a step that failed like this; `before`: an earlier step's outcome is unknown. */
export function isOutcomeUnknown(error: unknown, before: boolean): boolean {
  if (isRpcError(error)) return false;
  return before || error instanceof TelegramTimeout || error instanceof TelegramUnreachable;
}

/** Whether deleting the login would leave an unknown session at Telegram. */
export function leavesSession({ kind, stage }: Pick<PendingLogin, 'kind' | 'stage'>): boolean {
  return kind === 'code' && stage === 'ready';
}

/** Whether the session's account needs a new login: its files are then worthless, and may be replaced. */
export function isExpired({ state, baseState }: Pick<SessionRecord, 'state' | 'baseState'>): boolean {
  return state === 'dead' || baseState === 'dead';
}

/** Which of a phone number's expired sessions a login replaces; `name` null: any. Null: none, it creates a new one. */
export function replacedSession<Session extends Pick<SessionRecord, 'name'>>(
  expired: readonly Session[],
  name: string | null,
): Session | null {
  return expired.find((session) => name === null || session.name === name) ?? null;
}

/** The name of a session whose login has none: that of the one it replaces, or its phone number or account. */
export function defaultName(
  [expired]: readonly Pick<SessionRecord, 'name'>[],
  { phoneNumber }: Pick<PendingLogin, 'phoneNumber'>,
  userId: string | null,
): string {
  return expired?.name ?? phoneNumber?.slice(1) ?? `account-${userId}`;
}

/** The maximum number of pending logins. */
export const MAX_PENDING_LOGINS = 1000;

/** A stored login. Times are milliseconds on the service's clock. */
export interface StoredLogin extends Omit<PendingLogin, 'authKeySha256'> {
  readonly authKeySha256: Buffer | null;
  /** When the claim on it expires, settled or not; null: no request is using it. */
  readonly claimedUntil: number | null;
  readonly createdAt: number;
}

/** What a request writes to settle a login. */
export type Settlement = LoginChange & { readonly inDoubt?: boolean };

/** A new login to store. */
export function storedLogin(login: PendingLogin, claimedUntil: number | null, now: number): StoredLogin {
  return { ...login, authKeySha256: digest(login.authKeySha256), claimedUntil, createdAt: now };
}

/** A login as it leaves storage: without its claim. */
export function pendingLogin(row: StoredLogin): PendingLogin {
  const { claimedUntil: _, createdAt: __, authKeySha256, ...login } = row;
  return { ...login, authKeySha256: authKeySha256?.toString('hex') ?? null };
}

/** Whether a request is using it. */
function isClaimed({ claimedUntil }: Pick<StoredLogin, 'claimedUntil'>, now: number): boolean {
  return (claimedUntil ?? 0) > now;
}

/** The login, unless it has expired and no request is using it. */
export function liveLogin(row: StoredLogin | undefined, now: number): StoredLogin | undefined {
  return row && (row.expiresAt > now || isClaimed(row, now)) ? row : undefined;
}

/** Whether a request of this holder may claim the login now. If so, `claimUntil` must be written. */
export function claimOf(row: StoredLogin | undefined, holder: string, now: number): ClaimOutcome {
  const login = liveLogin(row, now);
  if (login?.holder !== holder) return { kind: 'unknown' };
  return isClaimed(login, now) ? { kind: 'busy' } : { kind: 'claimed', login: pendingLogin(login) };
}

/** What a claim writes: the login is in doubt until it is settled. */
export function claimUntil(until: number): Pick<StoredLogin, 'inDoubt' | 'claimedUntil'> {
  return { inDoubt: true, claimedUntil: until };
}

/** What settling a login writes. @throws Error if the login already has another auth key. */
export function settledBy(row: StoredLogin, change: Settlement): Partial<StoredLogin> {
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

/** What a session must have exclusively. */
export type Wanted = Parameters<LoginStore['conflict']>[0];

/** A possibly conflicting session. */
export interface OtherSession {
  readonly id: number;
  readonly name: string;
  readonly key: Buffer | null;
}

/** At most two of those found do not conflict: the session that is replaced, and the adopted one. */
export const MAX_CANDIDATES = 3;

/** A pending login with the auth key. */
export const CONFLICT_WITH_LOGIN: Taken = {
  kind: 'auth_key_taken',
  sessionId: null,
  sessionName: LOGIN_UNDER_WAY,
};

/**
 * Filters conflicting sessions: not the one that is replaced, and not the one with exactly this name and auth key,
 * which is the login's own file, added before it was saved.
 */
export function conflictsWith({
  name,
  authKeySha256,
  loginId,
  replaces,
}: Wanted): (row: OtherSession) => boolean {
  const key = digest(authKeySha256);
  return (row) => {
    const own = loginId !== null && key !== null && row.name === name && sameDigest(row.key, key);
    return row.id !== replaces && !own;
  };
}

/** What is taken, and by which session. */
export function conflictOf(kind: Taken['kind'], { id, name }: OtherSession): Taken {
  return { kind, sessionId: id, sessionName: name };
}

/** What is stored of a login that became a session: it no longer reserves an auth key. */
export const LOGIN_SAVED = {
  stage: 'saved',
  secret: '',
  authKeySha256: null,
  inDoubt: false,
  claimedUntil: null,
} as const satisfies Partial<StoredLogin>;

/** The login's file, completed with what the login knows of its account. */
export function foundByLogin(found: FoundFile, { phoneNumber }: Pick<StoredLogin, 'phoneNumber'>): FoundFile {
  return { ...found, phoneNumber: found.phoneNumber ?? phoneNumber };
}

/** Whether a worker holds the session, and would continue with another auth key than the file's. */
export function wouldLoseItsKey(
  row: Pick<SessionState, 'state'> & { readonly authKeySha256: Buffer | null },
  found: FoundFile,
): boolean {
  return isHeld(row) && !sameDigest(row.authKeySha256, digest(found.authKeySha256));
}

/** What the row gets besides the contents of its file. A `replaced` session keeps its proxy. */
export function givenByLogin({ apiHash, proxyId }: NewSession, replaced: boolean, now: number) {
  return {
    ...(replaced ? {} : { proxyId }),
    ...(apiHash === null ? {} : { apiHash }),
    lastCheckedAt: now,
    updatedAt: now,
  };
}

/**
 * The event for the session because Telegram has just accepted it: earlier errors of the auth key are over. Null:
 * there were none, or its file is dead whatever Telegram says.
 */
export function revival({ state, baseState }: Pick<SessionState, 'state' | 'baseState'>, now: number) {
  if ((state !== 'invalid' && state !== 'dead') || baseState === 'dead') return null;
  const entry = { at: now, event: 'restored', detail: 'it was logged in again' };
  return { event: 'restore', changes: { suspectedAt: null }, entry } as const;
}
