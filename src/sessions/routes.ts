import { z } from 'zod';
import { InvalidInput } from '../errors.js';
import { clearable, page, sessionId, text } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import { sessionAnswer, type sessionPresenter } from './present.js';
import { proxyInput } from './proxy_input.js';
import type { SessionChange, SessionService } from './service.js';
import type { SessionStore } from './store.js';

export interface SessionRouteParts {
  readonly store: SessionStore;
  readonly service: SessionService;
  readonly present: ReturnType<typeof sessionPresenter>;
}

/** The path of one session. */
export const sessionParams = z.object({ id: sessionId });

/** The session that a route is about. */
export const OF_SESSION = { id: ({ params }: { readonly params: { readonly id: number } }) => params.id };

/** What the audit log says of an action upon one session. */
export const auditOfSession = (action: string) => ({
  action,
  object: ({ params }: { readonly params: { readonly id: number } }) => `session:${params.id}`,
});

/** What every route of one session may be answered with. */
export const SESSION_NOT_FOUND = { 404: { description: 'Session not found' } };

/** `/sessions`: every session of the pool, as admins and monitoring see it. */
export function sessionRoutes(parts: SessionRouteParts): Route[] {
  return [list(parts), one(parts), change(parts), remove(parts)];
}

function list({ store, present }: SessionRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'List the sessions',
    access: ['monitor'],
    input: page,
    responses: { 200: { description: 'Sessions by id', schema: z.array(sessionAnswer) } },
    handle: async ({ input, key }) => ({ body: await present.all(await store.sessions(input, key.tags)) }),
  });
}

function one({ service, present }: SessionRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/:id',
    tag: 'Sessions',
    summary: 'One session',
    access: ['monitor'],
    params: sessionParams,
    session: OF_SESSION,
    responses: { 200: { description: 'The session', schema: sessionAnswer }, ...SESSION_NOT_FOUND },
    handle: async ({ params: { id } }) => ({ body: await present.one(await service.session(id)) }),
  });
}

const changeInput = z.object({
  name: z.string().optional().meta({ description: 'Its file gets the name too' }),
  is_active: z.enum(['active', 'inactive', 'expired']).optional().meta({
    description: '`inactive` and `expired` are not leased; `active` puts either back',
  }),
  tags: z.array(text(64)).max(20).optional(),
  proxy: clearable(proxyInput).meta({
    description: 'An object, a URL such as `socks5://user:pass@host:port`, or empty: straight to Telegram',
  }),
});

function change({ service, present }: SessionRouteParts): Route {
  return defineRoute({
    method: 'put',
    path: '/sessions/:id',
    tag: 'Sessions',
    summary: 'Rename or tag a session, give it a proxy, take it out of the pool and back',
    access: [],
    from: 'body',
    params: sessionParams,
    session: OF_SESSION,
    audit: auditOfSession('session.change'),
    input: changeInput,
    responses: {
      200: { description: 'The session as it is now', schema: sessionAnswer },
      409: {
        description: '`name_taken`; `session_in_use`, `no_sessions_directory` where it is to be renamed',
      },
      ...SESSION_NOT_FOUND,
    },
    async handle({ params: { id }, input: { name, tags, is_active, proxy }, key }) {
      if (proxy && isIncomplete(proxy)) throw missingSecret();
      const wanted: SessionChange = {
        ...(name !== undefined && { name }),
        ...(tags && { tags }),
        ...(is_active && { activity: is_active }),
        ...(proxy !== undefined && { proxy }),
      };
      const body = await present.one(await service.change(id, key.holder, wanted));
      return { body, ...(name !== undefined && { audit: { action: 'session.rename' } }) };
    },
  });
}

function remove({ service }: SessionRouteParts): Route {
  return defineRoute({
    method: 'delete',
    path: '/sessions/:id',
    tag: 'Sessions',
    summary: 'Delete a session and its file',
    description: 'At Telegram it stays logged in: whoever has a copy of the file may go on with it.',
    access: [],
    params: sessionParams,
    session: OF_SESSION,
    audit: auditOfSession('session.delete'),
    responses: {
      200: { description: 'Deleted', schema: z.object({ message: z.string(), id: z.int() }) },
      ...SESSION_NOT_FOUND,
      409: {
        description:
          '`session_in_use`: leased or cooling down just now; `session_in_use_by_source`: a source names it, ' +
          'see `source_id`; `no_sessions_directory` where it has files',
      },
    },
    async handle({ params: { id } }) {
      await service.remove(id);
      return { body: { message: 'Session deleted successfully', id } };
    },
  });
}

function isIncomplete({ type, pass }: { readonly type: string; readonly pass: string | null }): boolean {
  return type === 'mtproxy' && pass === null;
}

function missingSecret(): InvalidInput {
  const msg = "Field required: an mtproxy's secret";
  return new InvalidInput([{ loc: ['body', 'proxy', 'pass'], msg, type: 'missing' }]);
}
