import type { Request } from 'express';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../cluster/cluster.js';
import type { Authenticate } from '../http/router.js';
import { clientAddress } from '../kernel/client_address.js';
import { Forbidden, TooMany, Unauthenticated } from '../kernel/errors.js';
import type { KeyService } from './keys.js';

/** How many bad keys one client may send before it is slowed down. */
export const BAD_KEYS: Rate = { points: 10, seconds: 60 };

/** No valid key is longer; a longer one is not even hashed. */
const MAX_KEY_LENGTH = 512;

/**
 * Reads the key of a request, from `X-API-Key` or `Authorization: Bearer`, and tells whose it is. A valid key
 * always passes; only bad ones count against the limit `badKeys` of a client.
 */
export function createAuthenticate(keys: KeyService, badKeys: RateLimiterAbstract): Authenticate {
  return async (req) => {
    const presented = keyOf(req);
    if (presented === null) throw new Unauthenticated('API key required');
    const key = presented.length <= MAX_KEY_LENGTH ? await keys.authenticate(presented) : null;
    if (key) return key;
    await countBadKey(badKeys, clientAddress(req.ip, req.socket.remoteAddress));
    throw new Forbidden('Invalid API key', { code: 'invalid_api_key' });
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
