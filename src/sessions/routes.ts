import type { Logger } from 'winston';
import { z } from 'zod';
import {
  clearable,
  page,
  repeatable,
  search,
  sessionId,
  sort,
  text,
  wholeNumber,
} from '../http/parameters.js';
import { defineRoute, pageOf, type ResponseSpec, type Route } from '../http/route.js';
import { Forbidden, InvalidInput } from '../kernel/errors.js';
import { CONDITIONS } from '../pool/account_condition.js';
import { STATES } from '../pool/states.js';
import type { SessionExports } from './exports.js';
import { proxyInput, sessionAnswer, type sessionSerializer } from './schemas.js';
import type { SessionChange, SessionService } from './service.js';
import { SESSION_ORDERS, type SessionFilter, type SessionStore } from './store.js';

export interface SessionRouteParts {
  readonly store: SessionStore;
  readonly service: SessionService;
  readonly serialize: ReturnType<typeof sessionSerializer>;
  readonly exports: SessionExports;
  /** The proxies whose address contains the text. */
  readonly proxiesMatching: (text: string) => Promise<readonly number[]>;
  readonly logger: Logger;
}

/** The path of one session. */
export const sessionParams = z.object({ id: sessionId });

/** The session that a route is about. */
export const OF_SESSION = { id: ({ params }: { readonly params: { readonly id: number } }) => params.id };

/** The audit log entry of an action on one session. */
export const auditOfSession = (action: string) => ({
  action,
  object: ({ params }: { readonly params: { readonly id: number } }) => `session:${params.id}`,
});

/** The error answers of every route of one session. */
export const SESSION_NOT_FOUND = { 404: { description: 'Session not found' } };

/** `/sessions`: the sessions of the pool, for admins and monitoring. */
export function sessionRoutes(parts: SessionRouteParts): Route[] {
  return [list(parts), tags(parts), one(parts), change(parts), remove(parts), exportSession(parts)];
}

/** The filters of the list of sessions. */
export const sessionFilterInput = z.object({
  q: search('Part of the name, the phone number or a tag', 'eu'),
  status: z.enum(STATES).nullish(),
  condition: z.enum(CONDITIONS).nullish().meta({ description: 'Of the account' }),
  tag: repeatable(text(64), 20).nullish().meta({ description: 'The sessions have all of these tags' }),
  format: text(20).nullish().meta({ description: 'Of the session file', example: 'telethon' }),
  proxy: text(300)
    .nullish()
    .meta({ description: 'Part of `type://host:port`; `none`: without a proxy', example: 'proxy.example' }),
});

/** The filter that was asked for, by a key that is limited to `scope`. */
export async function sessionFilter(
  { q, status, condition, tag, format, proxy }: z.output<typeof sessionFilterInput>,
  scope: readonly string[],
  proxiesMatching: SessionRouteParts['proxiesMatching'],
): Promise<SessionFilter> {
  return {
    tags: [...scope, ...(tag ?? [])],
    ...(q && { q }),
    ...(status && { state: status }),
    ...(condition && { condition }),
    ...(format && { format }),
    ...(proxy && { proxyIds: proxy === 'none' ? null : await proxiesMatching(proxy) }),
  };
}

function list({ store, serialize, proxiesMatching }: SessionRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'List the sessions',
    description: '`X-Total-Count` is the number of matching sessions.',
    access: ['monitor'],
    input: page.extend({ ...sessionFilterInput.shape, sort: sort(SESSION_ORDERS) }),
    responses: {
      200: {
        description: 'The sessions, by id unless sorted',
        schema: z.array(sessionAnswer),
        counted: true,
      },
    },
    async handle({ input: { skip, limit, sort, ...wanted }, key }) {
      const filter = await sessionFilter(wanted, key.tags, proxiesMatching);
      const [sessions, total] = await Promise.all([
        store.sessions({ skip, limit }, filter, sort ?? undefined),
        store.count(filter),
      ]);
      return pageOf(await serialize.all(sessions), total);
    },
  });
}

function tags({ store }: SessionRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/tags',
    tag: 'Sessions',
    summary: 'The tags that sessions have, in alphabetical order',
    description: 'A key that is limited to tags is refused.',
    access: ['monitor'],
    input: z.object({
      after: text(64)
        .nullish()
        .meta({ description: 'Only the tags that come after this one', example: 'eu' }),
      limit: wholeNumber(1, 1000).default(200),
    }),
    responses: {
      200: { description: 'Tags', schema: z.array(z.string()).meta({ example: ['eu', 'news'] }) },
    },
    async handle({ input: { after, limit }, key }) {
      if (key.tags.length > 0) {
        throw new Forbidden('A key limited to tags cannot list those of all sessions', {
          code: 'key_limited_to_tags',
        });
      }
      return { body: await store.tags(after ?? '', limit) };
    },
  });
}

function one({ service, serialize }: SessionRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/:id',
    tag: 'Sessions',
    summary: 'One session',
    access: ['monitor'],
    params: sessionParams,
    session: OF_SESSION,
    responses: { 200: { description: 'The session', schema: sessionAnswer }, ...SESSION_NOT_FOUND },
    handle: async ({ params: { id } }) => ({ body: await serialize.one(await service.session(id)) }),
  });
}

const changeInput = z.object({
  name: z.string().optional().meta({ description: 'Renames its file too' }),
  is_active: z.enum(['active', 'inactive', 'expired']).optional().meta({
    description: '`inactive` and `expired` sessions are not leased; `active` returns either to the pool',
  }),
  tags: z.array(text(64)).max(20).optional(),
  proxy: clearable(proxyInput).meta({
    description: 'An object, a URL such as `socks5://user:pass@host:port`, or empty: no proxy',
  }),
});

function change({ service, serialize }: SessionRouteParts): Route {
  return defineRoute({
    method: 'put',
    path: '/sessions/:id',
    tag: 'Sessions',
    summary: 'Rename or tag a session, set its proxy, take it out of the pool or return it',
    access: [],
    from: 'body',
    params: sessionParams,
    session: OF_SESSION,
    audit: auditOfSession('session.change'),
    input: changeInput,
    responses: {
      200: { description: 'The updated session', schema: sessionAnswer },
      409: {
        description: '`name_taken`; `session_in_use`, `no_sessions_directory` if it is renamed',
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
      const body = await serialize.one(await service.change(id, key.holder, wanted));
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
    description: 'It stays logged in at Telegram: anyone who has a copy of the file can still use it.',
    access: [],
    params: sessionParams,
    session: OF_SESSION,
    audit: auditOfSession('session.delete'),
    responses: {
      200: { description: 'Deleted', schema: z.object({ message: z.string(), id: z.int() }) },
      ...SESSION_NOT_FOUND,
      409: {
        description:
          '`session_in_use`: leased or cooling down; `session_in_use_by_source`: a source names it, ' +
          'see `source_id`; `no_sessions_directory` if it has files',
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

/** Telegram is asked for the session's user if the format needs it and it is unknown. */
const ASKING: Readonly<Record<number, ResponseSpec>> = {
  429: { description: 'Flooded: see Retry-After' },
  502: { description: 'Telegram cannot be reached, or answered with an error' },
  504: { description: 'Telegram did not answer in time' },
};

const exportInput = z.object({
  format: z
    .enum(['telethon', 'gramjs', 'pyrogram', 'file'])
    .default('telethon')
    .meta({ description: 'A session string, or (`file`) a Telethon session file' }),
});

const exportAnswer = z.object({
  session_id: z.int(),
  session_name: z.string(),
  format: z.string(),
  session_string: z.string(),
});

function exportSession({ service, exports, logger }: SessionRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/:id/export',
    tag: 'Sessions',
    summary: 'Export a session',
    description: 'Anyone who has it can act as the account. Never use it in two places at once.',
    access: [],
    params: sessionParams,
    session: OF_SESSION,
    audit: auditOfSession('session.export'),
    input: exportInput,
    responses: {
      200: { description: 'The session', schema: exportAnswer },
      409: { description: '`credentials_unreadable`; `user_id_unknown`: only Pyrogram strings need it' },
      ...ASKING,
      ...SESSION_NOT_FOUND,
    },
    async handle({ params: { id }, input: { format }, key, res }) {
      const session = await service.session(id);
      const request_id = res.locals.requestId;
      logger.info('session exported', { request_id, session_id: id, format, holder: key.holder });
      if (format !== 'file') {
        const session_string = await exports.string(session, format);
        return { body: { session_id: id, session_name: session.name, format, session_string } };
      }
      res.attachment(`${session.name.split('/').at(-1)}.session`);
      return { body: await exports.file(session), headers: { 'Content-Type': 'application/vnd.sqlite3' } };
    },
  });
}
