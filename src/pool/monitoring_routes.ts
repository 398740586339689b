import { z } from 'zod';
import type { KeyService } from '../access/keys.js';
import { page, repeatable, search, sessionId, sort, text, wholeNumber } from '../http/parameters.js';
import { defineRoute, pageOf, type Route } from '../http/route.js';
import { iso, type SteadyClock } from '../kernel/clock.js';
import type { TrafficCounts } from './fence.js';
import {
  activityAnswer,
  historyAnswer,
  leasesAnswer,
  statusAnswer,
  upcomingAnswer,
  waitingAnswer,
} from './monitoring_schemas.js';
import { LEASE_ORDERS, type LeaseFilter, type MonitoringStore } from './monitoring_store.js';
import type { PoolService } from './service.js';
import { serializeStatus } from './status.js';
import { statusHistoryRoute } from './status_history_routes.js';
import type { DescribedRequest, WaitingRequests } from './waiting_requests.js';

export interface MonitoringRouteParts {
  readonly pool: PoolService;
  readonly waitingRequests: WaitingRequests;
  readonly clock: SteadyClock;
  readonly monitoring: MonitoringStore;
  readonly namesOf: KeyService['namesOf'];
  /** What goes through the fence for these leases, by their ids. */
  readonly traffic: (leaseIds: readonly string[]) => ReadonlyMap<string, TrafficCounts>;
}

const NO_TRAFFIC: TrafficCounts = { connections: 0, bytesUp: 0, bytesDown: 0 };

/** The monitoring routes of the pool. */
export function monitoringRoutes(parts: MonitoringRouteParts): Route[] {
  return [
    status(parts),
    statusHistoryRoute(parts),
    upcoming(parts),
    waiting(parts),
    leases(parts),
    activity(parts),
    history(parts),
  ];
}

function status({ pool, clock }: MonitoringRouteParts): Route {
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

function upcoming({ monitoring, clock }: MonitoringRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/status/upcoming',
    tag: 'Pool',
    summary: 'Which sessions become free next, and when',
    description:
      'By the end of their lease, cool-down or flood wait; sessions that are flooded for single methods only count as well. A lease may end earlier, or be renewed.',
    access: ['monitor'],
    input: z.object({
      tag: repeatable(text(64), 20).nullish().meta({ description: 'The sessions have all of these tags' }),
      limit: wholeNumber(1, 100).default(10),
    }),
    responses: { 200: { description: 'The sessions, soonest first', schema: upcomingAnswer } },
    async handle({ input: { tag, limit }, key }) {
      const now = clock.now();
      const next = await monitoring.upcoming(limit, now, [...key.tags, ...(tag ?? [])]);
      const body = next.map(({ sessionId, sessionName, state, reason, method, until }) => ({
        ...{ session_id: sessionId, session_name: sessionName, state, reason, method },
        until: iso(clock, until),
        seconds: Math.max(0, Math.ceil((until - now) / 1000)),
      }));
      return { body };
    },
  });
}

function waiting({ pool, waitingRequests, clock, namesOf }: MonitoringRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/status/waiting',
    tag: 'Pool',
    summary: 'The requests that wait for a session, first come first',
    description:
      'Of each other replica, the first thirty or so are listed. A key that is limited to tags sees the requests for sessions with all of its tags.',
    access: ['monitor'],
    input: z.object({ limit: wholeNumber(1, 500).default(50) }),
    responses: { 200: { description: 'Waiting requests', schema: waitingAnswer } },
    async handle({ input: { limit }, key }) {
      const isSeen = ({ tags }: DescribedRequest) => key.tags.every((tag) => tags.includes(tag));
      const all = waitingRequests.here();
      const here = all.filter(isSeen);
      const elsewhere = (await waitingRequests.elsewhere()).filter(isSeen);
      const shown = [...here, ...elsewhere]
        .sort((one, other) => one.arrivedAt - other.arrivedAt)
        .slice(0, limit);
      const nameOf = await namesOf(shown.map(({ holder }) => holder));
      const requests = shown.map(
        ({ holder, address, arrivedAt, until, sessionId, sessionName, ...wanted }) => ({
          ...{ holder, holder_name: nameOf(holder), address },
          ...{ since: iso(clock, arrivedAt), until: iso(clock, until) },
          ...{ session_id: sessionId, session_name: sessionName, ...wanted },
        }),
      );
      return { body: { here: here.length, elsewhere: Math.max(0, pool.waiting - all.length), requests } };
    },
  });
}

function leases({ clock, monitoring, namesOf, traffic }: MonitoringRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/leases',
    tag: 'Pool',
    summary: 'The current leases, oldest first unless sorted',
    access: ['monitor'],
    input: page.extend({
      q: search("Part of the session's name, of the holder or of the client's address", 'key:3'),
      holder: text(100).nullish().meta({ description: 'The key that holds them', example: 'key:3' }),
      sort: sort(LEASE_ORDERS),
    }),
    responses: { 200: { description: 'Current leases', schema: leasesAnswer, counted: true } },
    async handle({ input: { skip, limit, q, holder, sort }, key }) {
      const now = clock.now();
      const filter: LeaseFilter = { tags: key.tags, ...(q && { q }), ...(holder && { holder }) };
      const [current, total] = await Promise.all([
        monitoring.leases({ skip, limit }, now, filter, sort ?? undefined),
        monitoring.leaseCount(now, filter),
      ]);
      const nameOf = await namesOf(current.map(({ holder }) => holder));
      const counts = traffic(current.flatMap(({ leaseId, fence }) => (fence === null ? [] : [leaseId])));
      const body = current.map((lease) => ({
        session_id: lease.sessionId,
        session_name: lease.sessionName,
        lease_id: key.role === 'admin' ? lease.leaseId : null,
        holder: lease.holder,
        holder_name: nameOf(lease.holder),
        address: lease.address,
        leased_at: iso(clock, lease.leasedAt),
        expires_at: iso(clock, lease.expiresAt),
        renewed: lease.renewed,
        held_seconds: Math.floor((now - lease.leasedAt) / 1000),
        egress: lease.fence && egressOf(counts.get(lease.leaseId)),
      }));
      return pageOf(body, total);
    },
  });
}

function egressOf({ connections, bytesUp, bytesDown }: TrafficCounts = NO_TRAFFIC) {
  return { connections, bytes_up: bytesUp, bytes_down: bytesDown };
}

function activity({ monitoring, clock, namesOf }: MonitoringRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/events/history',
    tag: 'Operations',
    summary: 'The events of all sessions that happened before, newest first',
    description:
      'The `session` events of `/events`, as far as the history reaches back. `before` continues with older ones.',
    access: ['monitor'],
    input: z.object({
      before: wholeNumber(1, Number.MAX_SAFE_INTEGER)
        .nullish()
        .meta({ description: 'Only events before the one with this id', example: 1000 }),
      limit: wholeNumber(1, 500).default(50),
    }),
    responses: { 200: { description: 'Events', schema: activityAnswer } },
    async handle({ input: { before, limit }, key }) {
      const events = await monitoring.activity(before ?? null, limit, key.tags);
      const nameOf = await namesOf(events.map(({ holder }) => holder));
      const body = events.map(({ id, sessionId, sessionName, at, event, detail, holder }) => ({
        ...{ id, at: iso(clock, at), session_id: sessionId, session_name: sessionName },
        ...{ event, detail, holder, holder_name: nameOf(holder) },
      }));
      return { body };
    },
  });
}

function history({ pool, clock, namesOf }: MonitoringRouteParts): Route {
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
      const nameOf = await namesOf(rows.map(({ holder }) => holder));
      return {
        body: rows.map(({ id, at, event, detail, leaseId, holder }) => {
          const lease_id = key.role === 'admin' ? leaseId : null;
          return { id, at: iso(clock, at), event, detail, lease_id, holder, holder_name: nameOf(holder) };
        }),
      };
    },
  });
}
