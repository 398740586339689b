import { z } from 'zod';
import { exactJson } from '../http/exact_json.js';
import { sessionId } from '../http/parameters.js';
import { defineRoute, pageOf, type Route } from '../http/route.js';
import { iso, type SteadyClock } from '../kernel/clock.js';
import { InvalidInput, NotFound } from '../kernel/errors.js';
import { serializePeer } from '../pool/lease_answer.js';
import type { LeaseIds } from '../pool/lease_ids.js';
import type { PoolService } from '../pool/service.js';
import { budgetAnswer, learnAnswer, learnInput, peersAnswer, peersInput } from './schemas.js';
import type { PeerService } from './service.js';

export interface PeerRouteParts {
  readonly peers: PeerService;
  readonly pool: Pick<PoolService, 'block'>;
  readonly leaseIds: LeaseIds;
  readonly clock: SteadyClock;
}

/** The channels that sessions know, and their resolve budgets. */
export function peerRoutes(parts: PeerRouteParts): Route[] {
  return [learn(parts), list(parts), budget(parts)];
}

function learn({ peers, pool, leaseIds }: PeerRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/peers',
    tag: 'Pool',
    summary: 'Save channels that a leased session has resolved',
    description:
      'So that nobody resolves them with this session again. Idempotent; a username that belongs to another channel now is replaced.',
    access: ['worker'],
    from: 'body',
    input: learnInput,
    session: { id: ({ input }) => input.session_id },
    responses: {
      200: { description: 'Saved', schema: learnAnswer },
      404: { description: 'Session not found' },
      409: { description: '`lease_lost` or `not_lease_holder`' },
    },
    async handle({ input: { session_id, lease_id, peers: learnt, resolved }, key, req }) {
      const caller = leaseIds.caller(key, req, lease_id);
      if (!(await pool.block(session_id, caller, { kind: 'none' }))) throw new NotFound('Session');
      const owner = { sessionId: session_id, leaseId: lease_id };
      const found = learnt.map(({ id, access_hash, type, username, title }) => ({
        ...{ channelId: id, accessHash: type === 'chat' ? null : (access_hash ?? null), type },
        ...{ username: username ?? undefined, title: title ?? undefined, identifier: null },
      }));
      const saved = await peers.learn(owner, found, { resolved, tags: key.tags });
      return { body: { status: 'saved', session_id, peers: saved } };
    },
  });
}

function list({ peers, clock }: PeerRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/peers',
    tag: 'Pool',
    summary: 'Which sessions know a channel, or which channels a session knows',
    description:
      'Give `channel`, `session_id` or both. A channel with several names is there once for each. An `access_hash` is valid for its session only, and shown to admins.',
    access: ['monitor'],
    input: peersInput,
    responses: {
      200: { description: 'Most recently used first', schema: peersAnswer, counted: true },
      422: { description: 'Neither `channel` nor `session_id` is given' },
    },
    async handle({ input: { skip, limit, channel, session_id: sessionId }, key }) {
      if (channel === undefined && sessionId === undefined) {
        const msg = 'Field required: channel, session_id or both';
        throw new InvalidInput([{ loc: ['query', 'channel'], msg, type: 'missing' }]);
      }
      const found = await peers.peers({ skip, limit }, { channel, sessionId, tags: key.tags });
      const left = await peers.resolvesLeft([...new Set(found.peers.map((peer) => peer.sessionId))]);
      const body = found.peers.map((peer) => ({
        ...{ session_id: peer.sessionId, session_name: peer.sessionName, channel: peer.identifier },
        ...serializePeer(key.role === 'admin' ? peer : { ...peer, accessHash: null }),
        ...{ used_at: iso(clock, peer.usedAt), resolves_left: left.get(peer.sessionId) ?? 0 },
      }));
      return { ...pageOf([], found.total), body: exactJson(body) };
    },
  });
}

function budget({ peers, clock }: PeerRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/:id/resolve-budget',
    tag: 'Sessions',
    summary: 'How many usernames a session may still resolve, and how many channels it knows',
    access: ['monitor'],
    params: z.object({ id: sessionId }),
    session: { id: ({ params }) => params.id },
    responses: {
      200: { description: 'Its budget', schema: budgetAnswer },
      404: { description: 'Session not found' },
    },
    async handle({ params: { id } }) {
      const { perDay, used, left, nextAt, channelsKnown } = await peers.budget(id);
      const seconds = nextAt === null ? null : Math.max(0, Math.ceil((nextAt - clock.now()) / 1000));
      const numbers = { resolves_per_day: perDay, resolves_used: used, resolves_left: left };
      return {
        body: { session_id: id, channels_known: channelsKnown, ...numbers, next_resolve_in: seconds },
      };
    },
  });
}
