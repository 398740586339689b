import type { Pool } from 'pg';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Rate } from '../../cluster/cluster.js';

/**
 * Counts over all replicas, by their machines' clocks. While the database is lost, each replica counts for
 * itself. Rows that ended an hour ago are removed.
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
    // Who has used up everything is refused from memory: a flood of tries is no flood of statements.
    inMemoryBlockOnConsumed: points,
    insuranceLimiter: new RateLimiterMemory(rate),
  });
}
