import type { Logger } from 'winston';
import type { z } from 'zod';
import { defineRoute, type Reply, type Route, type RouteSpec } from '../http/route.js';
import { iso } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import { type AcquireRouteParts, acquireRoutes } from './acquire_routes.js';
import type { Relation } from './lease_authorization.js';
import type { LeaseIds } from './lease_ids.js';
import * as schemas from './lease_schemas.js';
import { type MonitoringRouteParts, monitoringRoutes } from './monitoring_routes.js';
import { refused } from './outcomes.js';
import type { Reported } from './service.js';

export interface PoolRouteParts extends AcquireRouteParts, MonitoringRouteParts {
  readonly logger: Logger;
  readonly leaseIds: LeaseIds;
}

type Defaults = Pick<RouteSpec<z.ZodObject, z.ZodObject>, 'tag' | 'access' | 'from'>;

const WORKER: Defaults = { tag: 'Pool', access: ['worker'], from: 'any' };
/** The session that the input names; if the key may not see it, `unseen` is the answer. */
const named = (unseen?: (id: number) => Reply) => ({
  id: ({ input }: { readonly input: { readonly session_id: number } }) => input.session_id,
  ...(unseen && { unseen }),
});

/** An admin's action on the session, if it does not hold it itself. */
const audit = (action: string) => ({
  action,
  object: ({ input }: { readonly input: { readonly session_id: number } }) => `session:${input.session_id}`,
});
const unlessOwn = (as: Relation | null) => (as === 'admin' ? {} : { audit: null });

const REFUSED = { 409: { description: '`lease_lost`, `not_lease_holder` or `lease_id_required`' } };

/** The routes for workers and monitoring. */
export function poolRoutes(parts: PoolRouteParts): Route[] {
  return [
    ...acquireRoutes(parts),
    heartbeat(parts),
    release(parts),
    invalidate(parts),
    floodwait(parts),
    report(parts),
    restore(parts),
    ...monitoringRoutes(parts),
  ];
}

function heartbeat({ pool, clock, leaseIds }: PoolRouteParts): Route {
  return defineRoute({
    ...WORKER,
    method: 'post',
    path: '/heartbeat',
    summary: 'Renew a lease',
    input: schemas.heartbeatInput,
    session: named((id) => {
      throw refused('lease_lost', id);
    }),
    responses: {
      200: { description: 'Renewed', schema: schemas.heartbeatAnswer },
      409: { description: '`lease_lost` or `not_lease_holder`' },
    },
    async handle({ input: { session_id, lease_id, ttl }, key, req }) {
      const caller = leaseIds.caller(key, req, lease_id);
      const expiresAt = await pool.renew(session_id, caller, ttl ?? null);
      return { body: { status: 'renewed', session_id, lease_id, expires_at: iso(clock, expiresAt) } };
    },
  });
}

function release({ pool, logger, leaseIds }: PoolRouteParts): Route {
  return defineRoute({
    ...WORKER,
    method: 'post',
    path: '/release',
    summary: 'Release a session',
    description: 'Idempotent: an unknown or free session gets the same answer.',
    input: schemas.releaseInput,
    session: named((session_id) => ({ body: { status: 'released', session_id } })),
    audit: audit('session.release'),
    responses: { 200: { description: 'Released', schema: schemas.statusOf('released') }, ...REFUSED },
    async handle({ input: { session_id, lease_id, flood_wait, method }, key, req, res }) {
      const flood = flood_wait === undefined ? null : { seconds: flood_wait, method: method ?? null };
      const { changed, as } = await pool.release(
        session_id,
        leaseIds.caller(key, req, lease_id, 'release'),
        flood,
      );
      if (!changed) {
        const { requestId } = res.locals;
        logger.info('release of a session that was not leased', {
          request_id: requestId,
          session_id,
          holder: key.holder,
        });
      }
      return { body: { status: 'released', session_id }, ...unlessOwn(as) };
    },
  });
}

function invalidate({ pool, logger, leaseIds }: PoolRouteParts): Route {
  return defineRoute({
    ...WORKER,
    method: 'post',
    path: '/invalidate',
    summary: 'Take a session out of the pool until someone restores it',
    input: schemas.invalidateInput,
    session: named((session_id) => ({ body: { status: 'invalidated', session_id } })),
    audit: audit('session.invalidate'),
    responses: { 200: { description: 'Invalidated', schema: schemas.statusOf('invalidated') }, ...REFUSED },
    async handle({ input: { session_id, lease_id, reason = null }, key, req, res }) {
      const caller = leaseIds.caller(key, req, lease_id, 'invalidate');
      const done = await pool.block(session_id, caller, { kind: 'invalidate', reason });
      const { requestId } = res.locals;
      if (!done) logger.info('invalidation of an unknown session', { request_id: requestId, session_id });
      return { body: { status: 'invalidated', session_id }, ...unlessOwn(done?.as ?? null) };
    },
  });
}

function floodwait({ pool, clock, leaseIds }: PoolRouteParts): Route {
  return defineRoute({
    ...WORKER,
    method: 'post',
    path: '/floodwait',
    summary: 'Record a flood wait',
    description:
      'With `method`, only that method is blocked; without it, the whole session is, and its lease ends.',
    input: schemas.floodwaitInput,
    session: named(),
    audit: audit('session.floodwait'),
    responses: {
      200: { description: 'Recorded', schema: schemas.floodwaitAnswer },
      404: { description: 'Session not found' },
      ...REFUSED,
    },
    async handle({ input: { session_id, wait_seconds, lease_id, method = null }, key, req }) {
      const flood = { kind: 'flood', seconds: wait_seconds, method } as const;
      const caller = leaseIds.caller(key, req, lease_id, 'floodwait');
      const blocked = await pool.block(session_id, caller, flood);
      if (!blocked) throw new NotFound('Session');
      const until = iso(clock, blocked.until ?? clock.now() + wait_seconds * 1000);
      const body = { status: 'floodwait', session_id, floodwait_until: until, method };
      return { body, ...unlessOwn(blocked.as) };
    },
  });
}

function report({ pool, clock, leaseIds, peers }: PoolRouteParts): Route {
  return defineRoute({
    ...WORKER,
    method: 'post',
    path: '/report',
    summary: 'Report a Telegram error, and learn what to do',
    input: schemas.reportInput,
    session: named(),
    audit: audit('session.report'),
    responses: {
      200: { description: 'What to do', schema: schemas.reportAnswer },
      404: { description: 'Session not found' },
      ...REFUSED,
    },
    async handle({ input: { session_id, lease_id, error, method = null, channel }, key, req }) {
      const caller = leaseIds.caller(key, req, lease_id);
      const reported = await pool.report(session_id, caller, error, method);
      if (channel !== undefined) await peers.refused(session_id, channel, error, key.tags);
      const isTimed = reported.effect.kind === 'flood' || reported.effect.kind === 'limit';
      const flooded = isTimed && reported.until !== null;
      return {
        body: {
          action: reported.action,
          ...(reported.waitSeconds === null ? {} : { wait_seconds: reported.waitSeconds }),
          status: reportedStatus(reported),
          session_id,
          error,
          method,
          floodwait_until: flooded ? iso(clock, reported.until ?? 0) : null,
        },
        ...unlessOwn(reported.as),
      };
    },
  });
}

function reportedStatus({ effect, state }: Reported): string {
  if (effect.kind === 'suspect') return state === 'dead' ? 'dead' : 'suspected';
  return { none: 'unchanged', flood: 'floodwait', dead: 'dead', limit: 'limited', freeze: 'frozen' }[
    effect.kind
  ];
}

function restore({ pool }: PoolRouteParts): Route {
  return defineRoute({
    ...WORKER,
    access: [],
    method: 'post',
    path: '/restore',
    summary: 'Restore a session',
    description:
      'Ends a flood wait, an invalidation or a death, and counts a frozen or limited account as alive. A cool-down, at most a minute, is not shortened.',
    input: schemas.restoreInput,
    session: named(),
    audit: audit('session.restore'),
    responses: {
      200: { description: 'Restored', schema: schemas.statusOf('restored') },
      404: { description: 'Session not found' },
    },
    async handle({ input: { session_id } }) {
      await pool.restore(session_id);
      return { body: { status: 'restored', session_id } };
    },
  });
}
