import type { PoolService } from '../pool/service.js';
import type { LeaseRow } from '../pool/store.js';
import { OWN_HOLDER, ownCaller } from './own_lease.js';

const PAGE = 500;

/**
 * Ends the service's own leases, of which a process that was killed had some: for a process that has the database
 * for itself, and has not leased anything yet. How many there were.
 */
export async function endAbandonedLeases(pool: PoolService): Promise<number> {
  const abandoned: LeaseRow[] = [];
  for (let skip = 0; ; skip += PAGE) {
    const page = await pool.leases({ skip, limit: PAGE });
    abandoned.push(...page.filter(({ holder }) => holder === OWN_HOLDER));
    if (page.length < PAGE) break;
  }
  for (const { sessionId, leaseId } of abandoned) {
    await pool.release(sessionId, ownCaller(leaseId), null);
  }
  return abandoned.length;
}
