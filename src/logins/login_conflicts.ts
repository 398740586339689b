import { digest, sameDigest } from '../digests.js';
import { LOGIN_UNDER_WAY } from '../intake/auth_key_owner.js';
import type { LoginStore, Taken } from './store.js';

/** What a session is to have for itself. */
export type Wanted = Parameters<LoginStore['obstacle']>[0];

/** A session that may be in the way. */
export interface Other {
  readonly id: number;
  readonly name: string;
  readonly key: Buffer | null;
}

/** Of those found, two at the most are not in the way: the session that is replaced, and the one adopted. */
export const ENOUGH = 3;

/** A login under way that has the auth key. */
export const TAKEN_BY_LOGIN: Taken = {
  kind: 'auth_key_taken',
  sessionId: null,
  sessionName: LOGIN_UNDER_WAY,
};

/**
 * Tells the sessions that may be in the way from those that are not: the one replaced, and the one with this
 * very name and auth key, which is the file of the login itself, registered before it was saved.
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
