import { digest, sameDigest } from '../digests.js';
import type { FoundFile } from '../intake/store.js';
import { isHeld, type SessionState } from '../pool/session_state.js';
import type { KeptLogin } from './login_claims.js';
import type { NewSession } from './store.js';

/** What is stored of a login that became a session: it no longer reserves an auth key. */
export const LOGIN_SAVED = {
  stage: 'saved',
  secret: '',
  authKeySha256: null,
  inDoubt: false,
  claimedUntil: null,
} as const satisfies Partial<KeptLogin>;

/** The login's file, completed with what the login knows of its account. */
export function foundByLogin(found: FoundFile, { phoneNumber }: Pick<KeptLogin, 'phoneNumber'>): FoundFile {
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
export function revival({ state, rest }: Pick<SessionState, 'state' | 'rest'>, now: number) {
  if ((state !== 'invalid' && state !== 'dead') || rest === 'dead') return null;
  const entry = { at: now, event: 'restored', detail: 'it was logged in anew' };
  return { event: 'restore', changes: { suspectedAt: null }, entry } as const;
}
