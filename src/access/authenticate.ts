import type { Request } from 'express';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { Forbidden, TooMany, Unauthenticated } from '../errors.js';
import type { Authenticate } from '../http/router.js';
import type { Rate } from '../replicas/replicas.js';
import { clientAddress } from './client_address.js';
import type { KeyService } from './keys.js';

/** So many bad keys from one client, and it is slowed down. */
export const BAD_KEYS: Rate = { points: 10, seconds: 60 };

/** No key of ours is longer; a longer one is not even hashed. */
const LONGEST_KEY = 512;

/**
 * Reads the key of a request, from `X-API-Key` or `Authorization: Bearer`, and tells whose it is. A right
 * key always passes; it is bad ones (`badKeys` counts them) that a client runs out of.
 */
export function createAuthenticate(keys: KeyService, badKeys: RateLimiterAbstract): Authenticate {
  return async (req) => {
    const presented = presentedKey(req);
    if (presented === null) throw new Unauthenticated('API key required');
    const key = presented.length <= LONGEST_KEY ? await keys.authenticate(presented) : null;
    if (key) return key;
    await countBadKey(badKeys, clientAddress(req.ip, req.socket.remoteAddress));
    throw new Forbidden('Invalid API key');
  };
}

function presentedKey(req: Request): string | null {
  const header = req.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1] ?? null;
}

async function countBadKey(badKeys: RateLimiterAbstract, client: string): Promise<void> {
  try {
    await badKeys.consume(client);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw new TooMany('Too many invalid API keys', Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
  }
}
