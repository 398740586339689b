import type { Request } from 'express';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../cluster/cluster.js';
import type { Authenticate } from '../http/router.js';
import type { ApiKey } from '../kernel/api_key.js';
import { clientAddress } from '../kernel/client_address.js';
import { Forbidden, TooMany, Unauthenticated } from '../kernel/errors.js';
import type { KeyService } from './keys.js';
import type { SignInCookie } from './sign_in_cookie.js';
import type { SignIns } from './sign_ins.js';

/** How many bad keys one client may send before it is slowed down. */
export const BAD_KEYS: Rate = { points: 10, seconds: 60 };

/** No valid key is longer; a longer one is not even hashed. */
const MAX_KEY_LENGTH = 512;

/** Whose key this is, which came with the request. @throws Forbidden; TooMany after too many bad ones. */
export type AuthenticateKey = (presented: string, req: Request) => Promise<ApiKey>;

/** A valid key always passes; only bad ones count against the limit `badKeys` of a client. */
export function createAuthenticateKey(keys: KeyService, badKeys: RateLimiterAbstract): AuthenticateKey {
  return async (presented, req) => {
    const key = presented.length <= MAX_KEY_LENGTH ? await keys.authenticate(presented) : null;
    if (key) return key;
    await countBadKey(badKeys, clientAddress(req.ip, req.socket.remoteAddress));
    throw new Forbidden('Invalid API key', { code: 'invalid_api_key' });
  };
}

/** Sign-ins at the console, and where browsers keep them. */
export interface ConsoleSignIns {
  readonly signIns: SignIns;
  readonly cookie: SignInCookie;
}

/**
 * Reads the key of a request, from `X-API-Key` or `Authorization: Bearer`, and tells whose it is; without one, a
 * sign-in at the `console` counts, and is renewed.
 */
export function createAuthenticate(
  authenticateKey: AuthenticateKey,
  console: ConsoleSignIns | null = null,
): Authenticate {
  return async (req, res) => {
    const presented = keyOf(req);
    if (presented !== null) return authenticateKey(presented, req);
    const token = console?.cookie.read(req) ?? null;
    if (console === null || token === null) throw new Unauthenticated('API key required');
    const signedIn = await console.signIns.verify(token);
    // The cookie stays: by now the browser may have signed in again, and this answer would end that.
    if (signedIn === null) {
      throw new Unauthenticated('The sign-in has ended: sign in again', { code: 'sign_in_ended' });
    }
    if (signedIn.renewed !== null) console.cookie.write(req, res, signedIn.renewed);
    return signedIn.key;
  };
}

function keyOf(req: Request): string | null {
  const header = req.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1] ?? null;
}

async function countBadKey(badKeys: RateLimiterAbstract, client: string): Promise<void> {
  try {
    await badKeys.consume(client);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const retryAfterSeconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    throw new TooMany('Too many invalid API keys', retryAfterSeconds, { code: 'too_many_invalid_keys' });
  }
}
