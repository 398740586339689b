import { digest, sameDigest } from '../digests.js';
import { LOGIN_UNDER_WAY } from '../intake/auth_key_owner.js';
import type { LoginStore, Taken } from './store.js';

/** What a session must have exclusively. */
export type Wanted = Parameters<LoginStore['obstacle']>[0];

/** A possibly conflicting session. */
export interface Other {
  readonly id: number;
  readonly name: string;
  readonly key: Buffer | null;
}

/** At most two of those found do not conflict: the session that is replaced, and the adopted one. */
export const ENOUGH = 3;

/** A pending login with the auth key. */
export const TAKEN_BY_LOGIN: Taken = {
  kind: 'auth_key_taken',
  sessionId: null,
  sessionName: LOGIN_UNDER_WAY,
};

/**
 * Filters conflicting sessions: not the one that is replaced, and not the one with exactly this name and auth key,
 * which is the login's own file, added before it was saved.
 */
export function others({ name, authKeySha256, loginId, replaces }: Wanted): (row: Other) => boolean {
  const key = digest(authKeySha256);
  return (row) => {
    const own = loginId !== null && key !== null && row.name === name && sameDigest(row.key, key);
    return row.id !== replaces && !own;
  };
}

/** What is taken, and by which session. */
export function taken(kind: Taken['kind'], { id, name }: Other): Taken {
  return { kind, sessionId: id, sessionName: name };
}
