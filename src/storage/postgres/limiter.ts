import type { Pool } from 'pg';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Rate } from '../../cluster/cluster.js';

/**
 * Counts over all replicas, by their machines' clocks. While the database is unavailable, each replica counts alone.
 * Rows that ended an hour ago are removed.
 */
export function postgresLimiter(
  connections: Pool,
  name: string,
  { points, seconds }: Rate,
): RateLimiterAbstract {
  const rate = { keyPrefix: name, points, duration: seconds };
  return new RateLimiterPostgres({
    ...rate,
    storeClient: connections,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: true,
    // A client over its limit is rejected from memory, so that a flood of attempts is not a flood of statements.
    inMemoryBlockOnConsumed: points,
    insuranceLimiter: new RateLimiterMemory(rate),
  });
}
