import { z } from 'zod';
import type { AccessStore } from '../access/store.js';
import type { SteadyClock } from '../clock.js';
import { NotFound } from '../errors.js';
import { page, sessionId, text } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import type { IntakeStore, SessionEdit } from '../intake/store.js';
import { presentSession, sessionAnswer } from './present.js';

export interface SessionRouteParts {
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly clock: SteadyClock;
}

const params = z.object({ id: sessionId });
const NOT_FOUND = { 404: { description: 'Session not found' } };

/** `/sessions`: every session of the pool, as admins and monitoring see it. */
export function sessionRoutes({ intake, access, clock }: SessionRouteParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/sessions',
      tag: 'Sessions',
      summary: 'List the sessions',
      access: ['monitor'],
      input: page,
      responses: { 200: { description: 'Sessions by id', schema: z.array(sessionAnswer) } },
      async handle({ input }) {
        const [sessions, proxies] = await Promise.all([intake.sessions(input), access.proxies()]);
        return { body: sessions.map((session) => presentSession(session, proxies, clock)) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/sessions/:id',
      tag: 'Sessions',
      summary: 'One session',
      access: ['monitor'],
      params,
      responses: { 200: { description: 'The session', schema: sessionAnswer }, ...NOT_FOUND },
      async handle({ params: { id } }) {
        const [session, proxies] = await Promise.all([intake.session(id), access.proxies()]);
        if (!session) throw new NotFound('Session not found');
        return { body: presentSession(session, proxies, clock) };
      },
    }),
    defineRoute({
      method: 'put',
      path: '/sessions/:id',
      tag: 'Sessions',
      summary: 'Tag a session, or take it out of the pool and back',
      access: [],
      from: 'body',
      params,
      input: z.object({
        tags: z.array(text(64)).max(20).optional(),
        is_active: z.enum(['active', 'inactive']).optional(),
      }),
      responses: { 200: { description: 'The session as it is now', schema: sessionAnswer }, ...NOT_FOUND },
      async handle({ params: { id }, input: { tags, is_active } }) {
        const change: SessionEdit = {
          ...(tags && { tags }),
          ...(is_active && { active: is_active === 'active' }),
        };
        const [session, proxies] = await Promise.all([
          intake.edit(id, change, clock.now()),
          access.proxies(),
        ]);
        if (!session) throw new NotFound('Session not found');
        return { body: presentSession(session, proxies, clock) };
      },
    }),
  ];
}
