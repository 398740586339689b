import type { FoundFile } from '../../src/intake/store.js';
import type { ClaimOutcome, NewSession, PendingLogin } from '../../src/logins/store.js';
import { found, keyOf, SECOND, type Stores, T0 } from './stores.js';

/** Who begins logins, and how long they are valid. */
export const HOLDER = 'key:1';
export const EXPIRES = T0 + 600 * SECOND;
export const UNTIL = T0 + 30 * SECOND;

const AT_ONCE = 50;

let logins = 0;

/** A login waiting for its code. */
export function pending(over: Partial<PendingLogin> = {}): PendingLogin {
  logins += 1;
  return {
    id: `login-${logins}`,
    holder: HOLDER,
    kind: 'code',
    stage: 'code',
    saveAtOnce: false,
    phoneNumber: null,
    sessionName: null,
    secret: 'sealed',
    authKeySha256: null,
    inDoubt: false,
    sessionId: null,
    expiresAt: EXPIRES,
    ...over,
  };
}

/** Begins a login, which must be accepted. */
export async function begin({ logins }: Stores, over: Partial<PendingLogin> = {}): Promise<PendingLogin> {
  const login = pending(over);
  const outcome = await logins.add(login, null, T0);
  if (outcome.kind !== 'added') throw new Error(`not added: ${JSON.stringify(outcome)}`);
  return login;
}

/** Begins this many logins, a few at a time, so that none waits long for a connection. */
export async function beginMany(stores: Stores, many: number, over: Partial<PendingLogin> = {}) {
  for (let left = many; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => begin(stores, over)));
  }
}

/** Begins a login that has its auth key, identified by a letter. */
export function beginReady(stores: Stores, letter: string, over: Partial<PendingLogin> = {}) {
  return begin(stores, { stage: 'ready', authKeySha256: keyOf(letter), ...over });
}

export function claim({ logins }: Stores, { id }: PendingLogin, now = T0): Promise<ClaimOutcome> {
  return logins.claim(id, HOLDER, now + 30 * SECOND, now);
}

/** A file with the auth key identified by a letter. */
export function keyed(name: string, letter: string, over: Partial<FoundFile> = {}): FoundFile {
  return found(name, { authKeySha256: keyOf(letter), fingerprint: `${name} ${letter}`, ...over });
}

/** The session that a login with this file is saved as. */
export function asSession(file: FoundFile, over: Partial<NewSession> = {}): NewSession {
  return { found: file, apiHash: null, proxyId: null, replaces: null, ...over };
}
