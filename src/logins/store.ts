import type { FoundFile } from '../intake/store.js';
import type { SessionRecord } from '../sessions/store.js';

/**
 * The step of a login: `code`: Telegram sent one; `password`: the code was right, and the account's password is
 * required; `ready`: logged in, to be saved; `saved`: it is a session now.
 */
export type LoginStage = 'code' | 'password' | 'ready' | 'saved';

/** A pending login, stored so that it survives a restart. Times are milliseconds on the service's clock. */
export interface PendingLogin {
  readonly id: string;
  /** The identity of the API key that started it: no other key may continue it. */
  readonly holder: string;
  /** `code`: with a code; `upload`: a session that was created elsewhere. */
  readonly kind: 'code' | 'upload';
  readonly stage: LoginStage;
  /** Whether `verify-otp` saves it, without `finalize`. */
  readonly saveAtOnce: boolean;
  /** With `+`. */
  readonly phoneNumber: string | null;
  /** The name for the session; null: none was given yet. */
  readonly sessionName: string | null;
  /** Encrypted: auth key, code hash, application (a `LoginSecret`). */
  readonly secret: string;
  /** Lower-case hex; null: not logged in yet. While it is set, no file with this auth key is leasable. */
  readonly authKeySha256: string | null;
  /** Whether a step was started whose outcome is unknown: Telegram may have executed it. */
  readonly inDoubt: boolean;
  /** The session that it became. */
  readonly sessionId: number | null;
  readonly expiresAt: number;
}

/** What a step may change. An auth key, once known, is kept. */
export type LoginChange = Partial<
  Pick<PendingLogin, 'stage' | 'phoneNumber' | 'sessionName' | 'secret' | 'authKeySha256' | 'expiresAt'>
>;

/** A conflicting session, and what it shares. */
export interface Taken {
  readonly kind: 'name_taken' | 'phone_taken' | 'auth_key_taken';
  readonly sessionId: number | null;
  readonly sessionName: string;
}

/** `too_many`: the maximum number of pending logins is reached. */
export type AddOutcome = { readonly kind: 'added' } | { readonly kind: 'too_many' } | Taken;

/** `busy`: another request is using it. */
export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly login: PendingLogin }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unknown' };

/** A completed login, as the row that it becomes. */
export interface NewSession {
  /** Its file, which already exists; its name is the session's. */
  readonly found: FoundFile;
  /** Encrypted; null: not given. */
  readonly apiHash: string | null;
  readonly proxyId: number | null;
  /** The session that is logged in again: its file was replaced, so its name and phone number do not conflict. */
  readonly replaces: number | null;
}

/** `in_use`: a worker holds the session that is to be logged in again, and continues with its old auth key. */
export type SaveOutcome =
  | { readonly kind: 'saved'; readonly session: SessionRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | Taken;

/** Pending logins. Each call is one transaction. */
export interface LoginStore {
  /**
   * Stores a new login. `phone_taken` / `auth_key_taken`: a session that is not dead has the phone number, or any
   * session or other pending login has the auth key (`sessionId` null, and a description for a name). A login with an
   * auth key is added claimed until `claimedUntil`; null: not claimed.
   */
  add(login: PendingLogin, claimedUntil: number | null, now: number): Promise<AddOutcome>;
  /** The login; null: unknown, expired, or another holder's. */
  login(id: string, holder: string, now: number): Promise<PendingLogin | null>;
  /**
   * Claims a login for one request, which alone may continue it until it settles or `until` has passed, and marks it
   * as in doubt. Returns the login as it was before, with `inDoubt` as the last claim left it.
   */
  claim(id: string, holder: string, until: number, now: number): Promise<ClaimOutcome>;
  /** Ends a claim and writes what changed; the login is no longer in doubt unless `inDoubt`. */
  settle(id: string, change: LoginChange & { readonly inDoubt?: boolean }): Promise<void>;
  /** Why a session can't be saved with this name, phone number or auth key; null: there is no conflict. */
  conflict(wanted: {
    readonly name: string | null;
    readonly phoneNumber: string | null;
    readonly authKeySha256: string | null;
    /** The login itself, and the session that it replaces: neither is a conflict. */
    readonly loginId: string | null;
    readonly replaces: number | null;
  }): Promise<Taken | null>;
  /**
   * Inserts the row of a completed login and marks the login `saved`, which ends its claim; it is kept until it
   * expires, without its secret. Refused without changes on a conflict.
   */
  save(id: string, session: NewSession, now: number): Promise<SaveOutcome>;
  /** Deletes a login; null: there was none. A file with its auth key may be leased from now on. */
  remove(id: string, now: number): Promise<PendingLogin | null>;
  /** Expired logins that no request is using, oldest first. */
  expired(now: number, limit: number): Promise<PendingLogin[]>;
  /** The encrypted secrets of all logins that have one. */
  secrets(): Promise<{ readonly id: string; readonly secret: string }[]>;
  /** Stores the same secret, encrypted again, unless another one is there by now. */
  replaceSecret(id: string, before: string, anew: string): Promise<void>;
}
