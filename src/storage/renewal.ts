import type { Standing } from './standing.js';

/** What a renewal writes: the lease lasts for its own length, or for another one that is its own from now on. */
export function renewal({ leaseTtlSeconds: own }: Standing, ttlSeconds: number | null, now: number) {
  const seconds = ttlSeconds ?? own ?? 0;
  return { stateUntil: now + seconds * 1000, leaseTtlSeconds: seconds, leaseRenewed: true };
}
