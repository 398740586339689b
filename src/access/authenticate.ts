import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Forbidden, TooMany, Unauthenticated } from '../errors.js';
import type { Authenticate } from '../http/router.js';
import type { KeyService } from './keys.js';

/** So many bad keys from one address in this many seconds, and it is slowed down. */
const BAD_KEYS = 10;
const PER_SECONDS = 60;

/** No key of ours is longer; a longer one is not even hashed. */
const LONGEST_KEY = 512;

/**
 * Reads the key of a request, from `X-API-Key` or `Authorization: Bearer`, and tells whose it is. A right
 * key always passes; it is bad ones that an address runs out of.
 */
export function createAuthenticate(keys: KeyService): Authenticate {
  const badKeys = new RateLimiterMemory({ points: BAD_KEYS, duration: PER_SECONDS });
  return async (req) => {
    const presented = presentedKey(req);
    if (presented === null) throw new Unauthenticated('API key required');
    const key = presented.length <= LONGEST_KEY ? await keys.authenticate(presented) : null;
    if (key) return key;
    await countBadKey(badKeys, addressOf(req));
    throw new Forbidden('Invalid API key');
  };
}

function presentedKey(req: Request): string | null {
  const header = req.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1] ?? null;
}

/** The address, and for IPv6 the network of 2^64 addresses that one customer has. */
function addressOf(req: Request): string {
  const address = req.socket.remoteAddress ?? '';
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  return address.split(':').slice(0, 4).join(':');
}

async function countBadKey(badKeys: RateLimiterMemory, address: string): Promise<void> {
  try {
    await badKeys.consume(address);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw new TooMany('Too many invalid API keys', Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
  }
}
