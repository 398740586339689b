import { createHash } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Cluster } from '../cluster/cluster.js';
import type { ApiKey } from '../kernel/api_key.js';
import type { Clock } from '../kernel/clock.js';
import { type KeyService, REMEMBERED_MS } from './keys.js';
import type { AccessStore } from './store.js';

/** How long a sign-in lasts if it is not used, in seconds. */
export const SIGN_IN_SECONDS = 1800;

/** A token that is older is replaced when it is used, in seconds. */
const RENEW_AFTER_SECONDS = 300;

/** The purpose for which the vault's keys are derived. */
export const SIGN_IN_PURPOSE = 'console sign-in';

const ISSUER = 'telegate';

/** The topic on which replicas hear of sign-ins that were ended. */
const ENDED = 'sign-in ended';

export interface SignInParts {
  readonly keys: Pick<KeyService, 'ofHolder'>;
  readonly store: Pick<AccessStore, 'endSignIn' | 'isSignInEnded'>;
  readonly clock: Clock;
  readonly cluster: Pick<Cluster, 'tell' | 'onTold'>;
  /** They sign tokens, the first one new ones. */
  readonly secrets: readonly Uint8Array[];
  /** Never the same twice, and not to be guessed. */
  readonly newId: () => string;
}

/** A token in use: whose it is, and its replacement if it is due. */
export interface SignedIn {
  readonly key: ApiKey;
  /** Null: the token is still new. */
  readonly renewed: string | null;
}

/**
 * Sign-ins at the console: an API key is exchanged for a signed token that names the key and does not contain it. A
 * token is valid while its key is, until it was not used for `SIGN_IN_SECONDS`, or until its sign-in is ended.
 */
export class SignIns {
  readonly #parts: SignInParts;
  readonly #ended = new LRUCache<string, true>({ max: 10_000, ttl: SIGN_IN_SECONDS * 1000 });
  readonly #seen = new LRUCache<string, true>({ max: 10_000, ttl: REMEMBERED_MS });
  readonly #listeners: ((signIn: string) => void)[] = [];

  constructor(parts: SignInParts) {
    this.#parts = parts;
    parts.cluster.onTold(ENDED, (id) => this.#forget(String(id)));
  }

  /** A suffix for the name of the cookie: other services on this host, at other ports, have their own. */
  get mark(): string {
    const [secret = new Uint8Array()] = this.#parts.secrets;
    return createHash('sha256').update(secret).digest('hex').slice(0, 8);
  }

  /** A token for a valid key. */
  begin(key: ApiKey): Promise<string> {
    return this.#sign(key.holder, this.#parts.newId());
  }

  /** Whose token this is; null: it is not one, has expired, was ended, or its key is not valid any more. */
  async verify(token: string): Promise<SignedIn | null> {
    const claims = await this.#claims(token);
    if (claims === null || (await this.#isEnded(claims.id))) return null;
    const key = await this.#parts.keys.ofHolder(claims.holder);
    if (key === null) return null;
    const isDue = this.#seconds() - claims.issuedAt >= RENEW_AFTER_SECONDS;
    const renewed = isDue ? await this.#sign(claims.holder, claims.id) : null;
    return { key: { ...key, signIn: claims.id }, renewed };
  }

  /** Ends the sign-in of a token, at once and for all its copies; does nothing if it is not a valid one. */
  async end(token: string): Promise<void> {
    const claims = await this.#claims(token);
    if (claims === null) return;
    const { store, clock, cluster } = this.#parts;
    // A copy that was renewed at this moment lasts as long as a new one.
    await store.endSignIn(claims.id, clock.now() + SIGN_IN_SECONDS * 1000);
    cluster.tell(ENDED, claims.id);
    this.#forget(claims.id);
  }

  /** Calls back when a sign-in was ended, at whichever replica. */
  onEnded(listener: (signIn: string) => void): void {
    this.#listeners.push(listener);
  }

  #forget(id: string): void {
    this.#ended.set(id, true);
    for (const listener of this.#listeners) listener(id);
  }

  async #isEnded(id: string): Promise<boolean> {
    if (this.#ended.has(id)) return true;
    if (this.#seen.has(id)) return false;
    const ended = await this.#parts.store.isSignInEnded(id);
    (ended ? this.#ended : this.#seen).set(id, true);
    return ended;
  }

  #sign(holder: string, id: string): Promise<string> {
    const now = this.#seconds();
    const [secret = new Uint8Array()] = this.#parts.secrets;
    return new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setSubject(holder)
      .setJti(id)
      .setIssuedAt(now)
      .setExpirationTime(now + SIGN_IN_SECONDS)
      .sign(secret);
  }

  async #claims(
    token: string,
  ): Promise<{ readonly holder: string; readonly id: string; readonly issuedAt: number } | null> {
    const options = {
      ...{ algorithms: ['HS256'], issuer: ISSUER, currentDate: new Date(this.#parts.clock.now()) },
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
    };
    for (const secret of this.#parts.secrets) {
      try {
        const { sub = '', jti = '', iat = 0 } = (await jwtVerify(token, secret, options)).payload;
        return { holder: sub, id: jti, issuedAt: iat };
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
      }
    }
    return null;
  }

  #seconds(): number {
    return Math.floor(this.#parts.clock.now() / 1000);
  }
}
