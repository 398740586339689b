import { z } from 'zod';
import { clearable, sessionId, text } from '../http/parameters.js';
import { type Context, defineRoute, type Route } from '../http/route.js';
import type { AuditLog } from '../http/router.js';
import { BadRequest, Conflict, InvalidInput } from '../kernel/errors.js';
import {
  AUDITED_AS,
  BULK_ACTIONS,
  type BulkAction,
  type BulkResult,
  MAX_BULK_SESSIONS,
  type SessionBulk,
} from './bulk.js';
import { type SessionRouteParts, sessionFilter, sessionFilterInput } from './routes.js';
import { proxyInput } from './schemas.js';
import type { SessionStore } from './store.js';

export interface BulkRouteParts extends Pick<SessionRouteParts, 'proxiesMatching'> {
  readonly bulk: SessionBulk;
  readonly store: Pick<SessionStore, 'sessions' | 'count' | 'within'>;
  readonly audit: AuditLog;
  readonly newId: () => string;
}

/** `/sessions/bulk`: one action on many sessions. */
export function bulkRoutes(parts: BulkRouteParts): Route[] {
  return [act(parts), cancel(parts)];
}

const bulkId = text(64).regex(/^[\w-]+$/, 'expected letters, digits, "_" and "-"');

const input = z.object({
  ids: z
    .array(sessionId)
    .min(1)
    .max(MAX_BULK_SESSIONS)
    .optional()
    .meta({ description: 'The sessions; instead of `filter`', example: [1, 2, 3] }),
  filter: z
    .object(sessionFilterInput.shape)
    .optional()
    .meta({ description: 'The sessions that `GET /sessions` lists; `{}`: all. Instead of `ids`' }),
  action: z.enum(BULK_ACTIONS),
  tags: z
    .array(text(64))
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'For `tag` and `untag`', example: ['eu'] }),
  proxy: clearable(proxyInput).meta({ description: 'For `proxy`; empty: a direct connection' }),
  reason: text(500).optional().meta({ description: 'For `invalidate`', example: 'the account was sold' }),
  bulk_id: bulkId.optional().meta({
    description: 'The name of this action in `bulk` events, and for cancelling it; made up if it is omitted',
    example: '7d3c7c1e-5b0a-4f0f-9d5e-0c5a5d3b8f11',
  }),
});

const answer = z
  .object({
    bulk_id: z.string().meta({ example: '7d3c7c1e-5b0a-4f0f-9d5e-0c5a5d3b8f11' }),
    action: z.enum(BULK_ACTIONS),
    total: z.int().meta({ example: 50 }),
    done: z.int().meta({ description: 'How many sessions succeeded', example: 49 }),
    failed: z.int().meta({ description: 'How many did not, those that were not begun included', example: 1 }),
    cancelled: z.boolean().meta({ description: 'Whether some sessions were not begun' }),
    results: z.array(
      z.object({
        session_id: z.int().meta({ example: 42 }),
        ok: z.boolean(),
        code: z.string().optional().meta({ description: 'Why it failed', example: 'session_in_use' }),
        detail: z.string().optional().meta({ example: 'The session is leased' }),
        source_id: z.int().optional().meta({ description: 'With `session_in_use_by_source`', example: 3 }),
        source_name: z.string().optional().meta({ description: 'With `session_in_use_by_source`' }),
        is_valid: z.boolean().optional().meta({ description: 'Of `test`' }),
        status: z.string().optional().meta({ description: 'Of `test`' }),
        error: z.string().nullable().optional().meta({ description: 'Of `test`' }),
      }),
    ),
  })
  .meta({ id: 'Bulk' });

type Input = z.output<typeof input>;

function act(parts: BulkRouteParts): Route {
  const { bulk, audit, newId } = parts;
  return defineRoute({
    method: 'post',
    path: '/sessions/bulk',
    tag: 'Sessions',
    summary: `Do the same to many sessions, up to ${MAX_BULK_SESSIONS}`,
    description:
      'Each session is handled by itself: what is refused for one is done to the others. Answers when all are done, after 4 minutes at the latest; `bulk` events on `/events` tell the progress. It is cancelled by `POST /sessions/bulk/{bulk_id}/cancel`, or by closing the connection: what was begun is finished.',
    access: [],
    from: 'body',
    input,
    audit: { action: 'session.bulk' },
    responses: {
      200: { description: 'What became of each session', schema: answer },
      400: {
        description: '`nothing_selected`: neither `ids` nor `filter`, or both; `tags` or `proxy` is missing',
      },
      409: { description: '`too_many_sessions`: the filter matches more than one request handles' },
      503: { description: '`too_many_bulks`' },
    },
    async handle(context) {
      const { input, key, res } = context;
      const action = actionOf(input);
      const ids = await selected(parts, context);
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      const record = (id: number) =>
        audit.done(context, { action: AUDITED_AS[action.action], object: `session:${id}` });
      const name = input.bulk_id ?? newId();
      const request = { bulkId: name, ids, action, holder: key.holder, signal: gone.signal, record };
      const results = await bulk.run(request);
      // Every session has an entry of its own.
      return { body: serialize(name, action, results), audit: null };
    },
  });
}

function cancel({ bulk }: BulkRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/sessions/bulk/:bulk_id/cancel',
    tag: 'Sessions',
    summary: 'Cancel an action on many sessions',
    description:
      'Sessions that were begun are finished. An action that has ended, or that nobody knows, is left alone.',
    access: [],
    params: z.object({ bulk_id: bulkId }),
    audit: { action: 'session.bulk_cancel' },
    responses: {
      200: { description: 'Cancelled', schema: z.object({ message: z.string(), bulk_id: z.string() }) },
    },
    handle({ params: { bulk_id } }) {
      bulk.cancel(bulk_id);
      return { body: { message: 'Cancelled', bulk_id } };
    },
  });
}

/** @throws BadRequest if it lacks what it needs. */
function actionOf({ action, tags, proxy, reason }: Input): BulkAction {
  switch (action) {
    case 'tag':
    case 'untag':
      if (!tags) throw missing('tags');
      return { action, tags };
    case 'proxy':
      if (proxy === undefined) throw missing('proxy');
      return { action, proxy };
    case 'invalidate':
      return { action, reason: reason ?? null };
    default:
      return { action };
  }
}

function missing(field: string): InvalidInput {
  return new InvalidInput([{ loc: ['body', field], msg: 'Field required', type: 'missing' }]);
}

/** The sessions that the key may see, each once. @throws BadRequest; Conflict `too_many_sessions`. */
async function selected(
  { store, proxiesMatching }: BulkRouteParts,
  { input: { ids, filter }, key }: Pick<Context<Input, unknown>, 'input' | 'key'>,
): Promise<number[]> {
  if ((ids === undefined) === (filter === undefined)) {
    throw new BadRequest('Name the sessions by either `ids` or `filter`', { code: 'nothing_selected' });
  }
  if (ids) {
    const given = [...new Set(ids)];
    if (key.tags.length === 0) return given;
    const seen = new Set(await store.within(given, key.tags, key.holder));
    return given.filter((id) => seen.has(id));
  }
  const wanted = await sessionFilter(filter ?? {}, key.tags, proxiesMatching);
  const matching = await store.count(wanted);
  if (matching > MAX_BULK_SESSIONS) {
    const message = `${matching} sessions match: one request handles up to ${MAX_BULK_SESSIONS}`;
    throw new Conflict({ error: 'too_many_sessions', message, matching });
  }
  const found = await store.sessions({ skip: 0, limit: MAX_BULK_SESSIONS }, wanted);
  return found.map(({ id }) => id);
}

function serialize(
  bulk_id: string,
  { action }: BulkAction,
  results: readonly BulkResult[],
): z.output<typeof answer> {
  const done = results.filter(({ ok }) => ok).length;
  const isCancelled = results.some((result) => !result.ok && result.code === 'cancelled');
  return {
    ...{
      bulk_id,
      action,
      total: results.length,
      done,
      failed: results.length - done,
      cancelled: isCancelled,
    },
    results: results.map((result) => {
      const { sessionId: session_id, ok } = result;
      if (!result.ok) {
        const { code, detail, source } = result;
        return {
          ...{ session_id, ok, code, detail },
          ...(source && { source_id: source.id, source_name: source.name }),
        };
      }
      const { check } = result;
      return {
        session_id,
        ok,
        ...(check && { is_valid: check.isValid, status: check.status, error: check.error }),
      };
    }),
  };
}
