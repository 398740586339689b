import { z } from 'zod';
import { page, sessionId } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import type { SteadyClock } from '../kernel/clock.js';
import { historyAnswer, leasesAnswer, statusAnswer } from './schemas.js';
import type { PoolService } from './service.js';
import { iso, serializeStatus } from './status.js';

export interface WatchRouteParts {
  readonly pool: PoolService;
  readonly clock: SteadyClock;
}

/** The monitoring routes of the pool. */
export function watchRoutes(parts: WatchRouteParts): Route[] {
  return [status(parts), leases(parts), history(parts)];
}

function status({ pool, clock }: WatchRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/status',
    tag: 'Pool',
    summary: 'The number of sessions in each state',
    access: ['worker', 'monitor'],
    responses: { 200: { description: 'The pool', schema: statusAnswer } },
    handle: async ({ key }) => ({ body: serializeStatus(await pool.counts(key.tags), pool.waiting, clock) }),
  });
}

function leases({ pool, clock }: WatchRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/leases',
    tag: 'Pool',
    summary: 'The current leases, oldest first',
    access: ['monitor'],
    input: page,
    responses: { 200: { description: 'Current leases', schema: leasesAnswer } },
    async handle({ input, key }) {
      const now = clock.now();
      const current = await pool.leases(input, key.tags);
      return {
        body: current.map((lease) => ({
          session_id: lease.sessionId,
          session_name: lease.sessionName,
          lease_id: key.role === 'admin' ? lease.leaseId : null,
          holder: lease.holder,
          leased_at: iso(clock, lease.leasedAt),
          expires_at: iso(clock, lease.expiresAt),
          renewed: lease.renewed,
          held_seconds: Math.floor((now - lease.leasedAt) / 1000),
        })),
      };
    },
  });
}

function history({ pool, clock }: WatchRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/:id/history',
    tag: 'Sessions',
    summary: 'The history of a session, newest event first',
    access: ['monitor'],
    input: page,
    params: z.object({ id: sessionId }),
    session: { id: ({ params }) => params.id },
    responses: {
      200: { description: 'Its history', schema: historyAnswer },
      404: { description: 'Session not found' },
    },
    async handle({ input, params, key }) {
      const rows = await pool.history(params.id, input);
      return {
        body: rows.map(({ id, at, event, detail, leaseId, holder }) => {
          const lease_id = key.role === 'admin' ? leaseId : null;
          return { id, at: iso(clock, at), event, detail, lease_id, holder };
        }),
      };
    },
  });
}
