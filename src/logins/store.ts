import type { FoundFile } from '../intake/store.js';
import type { SessionRecord } from '../sessions/store.js';

/**
 * How far a login is: `code`: Telegram sent one; `password`: the code was right, the account's password is
 * wanted; `ready`: logged in, to be saved; `saved`: it is a session now.
 */
export type LoginStage = 'code' | 'password' | 'ready' | 'saved';

/** A login under way, kept so that it outlives a restart. Times are milliseconds on the service's clock. */
export interface PendingLogin {
  readonly id: string;
  /** The identity of the API key that began it: nobody else may go on with it. */
  readonly holder: string;
  /** `code`: by a code; `upload`: a session that was made elsewhere. */
  readonly kind: 'code' | 'upload';
  readonly stage: LoginStage;
  /** Whether `verify-otp` saves it, without a `finalize`. */
  readonly saveAtOnce: boolean;
  /** With `+`. */
  readonly phoneNumber: string | null;
  /** The name that the session is to have; null: none was given yet. */
  readonly sessionName: string | null;
  /** Encrypted: auth key, code hash, application, as `logins/secret.ts` puts it. */
  readonly secret: string;
  /** Lower-case hex; null: not logged in yet. While it stands, no file with this auth key is leasable. */
  readonly authKeySha256: string | null;
  /** A step was begun whose end is not known: Telegram may have carried it out. */
  readonly inDoubt: boolean;
  /** The session that it became. */
  readonly sessionId: number | null;
  readonly expiresAt: number;
}

/** What a step may change of a login. An auth key, once it is known, stays. */
export type LoginChange = Partial<
  Pick<PendingLogin, 'stage' | 'phoneNumber' | 'sessionName' | 'secret' | 'authKeySha256' | 'expiresAt'>
>;

/** A session that is in the way, by what they share. */
export interface Taken {
  readonly kind: 'name_taken' | 'phone_taken' | 'auth_key_taken';
  readonly sessionId: number | null;
  readonly sessionName: string;
}

/** `too_many`: as many logins are under way as may be at once. */
export type AddOutcome = { readonly kind: 'added' } | { readonly kind: 'too_many' } | Taken;

/** `busy`: another request is at it. */
export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly login: PendingLogin }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unknown' };

/** A finished login, as the row that it becomes. */
export interface NewSession {
  /** Its file, which is there already; its name is the session's. */
  readonly found: FoundFile;
  /** Encrypted; null: not given. */
  readonly apiHash: string | null;
  readonly proxyId: number | null;
  /** The session that is logged in anew: its file was replaced, so that name and phone are no conflict. */
  readonly replaces: number | null;
}

/** `in_use`: a worker has the session that is to be logged in anew, and goes on with the auth key it had. */
export type SaveOutcome =
  | { readonly kind: 'saved'; readonly session: SessionRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | Taken;

/** Logins under way. Each call is one transaction. */
export interface LoginStore {
  /**
   * Keeps a new login. `phone_taken` / `auth_key_taken`: a session that is not dead has the phone number, or
   * any session or other login under way has the auth key (`sessionId` null, and a description for a name).
   * A login with an auth key is added claimed until `claimedUntil`; null: not claimed.
   */
  add(login: PendingLogin, claimedUntil: number | null, now: number): Promise<AddOutcome>;
  /** The login as it is; null: unknown, expired, or another holder's. */
  login(id: string, holder: string, now: number): Promise<PendingLogin | null>;
  /**
   * Takes a login for one request, which alone may go on with it until it settles or `until` has come, and
   * marks it in doubt. The login is given as it was before, with `inDoubt` as the last claim left it.
   */
  claim(id: string, holder: string, until: number, now: number): Promise<ClaimOutcome>;
  /** Ends a claim, nothing being in doubt any more unless `inDoubt`, and writes what changed. */
  settle(id: string, change: LoginChange & { readonly inDoubt?: boolean }): Promise<void>;
  /** Why a session can't be saved by this name, phone number or auth key; null: nothing is in the way. */
  obstacle(wanted: {
    readonly name: string | null;
    readonly phoneNumber: string | null;
    readonly authKeySha256: string | null;
    /** The login that wants it, and the session it replaces: neither is in its own way. */
    readonly loginId: string | null;
    readonly replaces: number | null;
  }): Promise<Taken | null>;
  /**
   * Makes the row of a finished login and marks the login `saved`, which ends its claim; it is kept until it
   * expires, without its secret. Refused, and nothing changed, by what `obstacle` would name.
   */
  save(id: string, session: NewSession, now: number): Promise<SaveOutcome>;
  /** Drops a login; null: there was none. A file with its auth key may be leased from now on. */
  remove(id: string, now: number): Promise<PendingLogin | null>;
  /** Logins whose time is over and that no request is at, oldest first. */
  expired(now: number, limit: number): Promise<PendingLogin[]>;
}
