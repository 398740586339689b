import { z } from 'zod';
import { page, search, sessionId, sort } from '../http/parameters.js';
import {
  defineRoute,
  pageOf,
  type Reply,
  type ResponseSpec,
  type Route,
  type RouteSpec,
} from '../http/route.js';
import { InvalidInput } from '../kernel/errors.js';
import { type RunSerializer, runAnswer } from '../runs/serialize.js';
import type { RunService } from '../runs/service.js';
import { RUN_STATES, type Run } from '../runs/store.js';
import type { ChannelCheck } from './channel_check.js';
import * as schemas from './schemas.js';
import type { SourceService } from './service.js';
import { sourceAnswer, type sourceSerializer } from './source_answer.js';
import { changedSource, channelOf, newSource } from './source_input.js';
import { identifierOf } from './source_settings.js';
import { ACCESS_LEVELS, SOURCE_ORDERS, type Source, type SourceFilter, TARGETS } from './store.js';
import { configuredTargets, type TargetRoots } from './targets.js';

export interface SourceRouteParts {
  readonly service: SourceService;
  readonly runs: RunService;
  readonly serializeRun: RunSerializer;
  readonly serialize: ReturnType<typeof sourceSerializer>;
  readonly roots: TargetRoots;
}

type Defaults = Pick<
  RouteSpec<z.ZodObject, z.ZodObject>,
  'method' | 'tag' | 'access' | 'from' | 'description'
>;

const NEW: Defaults = {
  method: 'post',
  tag: 'Sources',
  access: [],
  from: 'body',
  description: 'Its first run starts at once, unless it is created with `is_active` false.',
};
/** The audit log entry of an action on one source. */
const audit = (action: string) => ({
  action,
  object: ({ params }: { readonly params: { readonly id: number } }) => `source:${params.id}`,
});

const OF_ONE = { tag: 'Sources', params: schemas.sourceParams } as const;

const REFUSED: Readonly<Record<number, ResponseSpec>> = {
  400: { description: 'A field is invalid: the detail names it. `Session required for private`' },
  404: { description: 'Session not found' },
  409: { description: '`too_many_schedules`' },
};
const MADE = { 200: { description: 'The source', schema: sourceAnswer }, ...REFUSED };
const FOUND = { 200: { description: 'The source', schema: sourceAnswer } };
const NOT_FOUND = { 404: { description: 'Source not found' } };

/** `/sources`: the channels to scrape, and running one on demand, even a paused one. */
export function sourceRoutes(parts: SourceRouteParts): Route[] {
  return [
    ...makingRoutes(parts),
    list(parts),
    targets(parts),
    check(parts),
    one(parts),
    change(parts),
    remove(parts),
    trigger(parts),
    triggerNamed(parts),
  ];
}

function makingRoutes({ service, serialize }: SourceRouteParts): Route[] {
  const made = async (making: Promise<Source>) => {
    const source = await making;
    return { body: await serialize.one(source), audit: { object: `source:${source.id}` } };
  };
  return [
    defineRoute({
      ...NEW,
      path: '/sources',
      summary: 'Create a source',
      input: schemas.createInput,
      audit: { action: 'source.create' },
      responses: MADE,
      handle: ({ input }) => made(service.create(newSource(input, input.access_level), input.check_channel)),
    }),
    defineRoute({
      ...NEW,
      path: '/sources/private',
      summary: 'Create a source for a private channel, read by one session',
      input: schemas.privateInput,
      audit: { action: 'source.create' },
      responses: MADE,
      handle: ({ input }) => made(service.create(newSource(input, 'private'), input.check_channel)),
    }),
    defineRoute({
      ...NEW,
      path: '/sources/public',
      summary: 'Create a source for a public channel',
      input: schemas.publicInput,
      audit: { action: 'source.create' },
      responses: MADE,
      handle: ({ input }) => made(service.create(newSource(input, 'public'), input.check_channel)),
    }),
  ];
}

const filterInput = z.object({
  q: search('Part of the name, the channel or its title', 'news'),
  state: z
    .enum(['active', 'inactive', ...RUN_STATES])
    .nullish()
    .meta({ description: 'Whether it is active, or the state of its newest run' }),
  access_level: z.enum(ACCESS_LEVELS).nullish(),
  target: z.enum(TARGETS).nullish(),
  session_id: sessionId.nullish().meta({ description: 'The session that reads it', example: 42 }),
});

function filterOf({
  q,
  state,
  access_level,
  target,
  session_id,
}: z.output<typeof filterInput>): SourceFilter {
  const isActivity = state === 'active' || state === 'inactive';
  return {
    ...(q && { q }),
    ...(isActivity && { active: state === 'active' }),
    ...(state && !isActivity && { runState: state }),
    ...(access_level && { accessLevel: access_level }),
    ...(target && { target }),
    ...(session_id && { sessionId: session_id }),
  };
}

function list({ service, serialize }: SourceRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sources',
    tag: 'Sources',
    summary: 'List the sources',
    access: ['monitor'],
    input: page.extend({ ...filterInput.shape, sort: sort(SOURCE_ORDERS) }),
    responses: {
      200: { description: 'The sources, by id unless sorted', schema: z.array(sourceAnswer), counted: true },
    },
    async handle({ input: { skip, limit, sort, ...wanted } }) {
      const filter = filterOf(wanted);
      const [sources, total] = await Promise.all([
        service.list({ skip, limit }, filter, sort ?? undefined),
        service.count(filter),
      ]);
      return pageOf(await serialize.all(sources), total);
    },
  });
}

function targets({ roots }: SourceRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sources/targets',
    tag: 'Sources',
    summary: 'The targets that are configured',
    access: ['monitor'],
    responses: {
      200: { description: 'Where sources can store', schema: z.array(z.object({ target: z.enum(TARGETS) })) },
    },
    handle: () => ({ body: configuredTargets(roots).map((target) => ({ target })) }),
  });
}

const checkAnswer = z
  .object({
    exists: z.boolean().nullable().meta({ description: 'null: it cannot be said now, see `reason`' }),
    identifier: z
      .string()
      .meta({ description: 'The channel as a source names it', example: '@euronews_eng' }),
    reason: z.string().nullable().meta({ example: null }),
    channel: z
      .object({ title: z.string(), username: z.string().nullable(), is_private: z.boolean() })
      .nullable()
      .meta({ example: { title: 'Euronews', username: 'euronews_eng', is_private: false } }),
  })
  .meta({ id: 'ChannelCheck' });

function check({ service }: SourceRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/sources/check',
    tag: 'Sources',
    summary: 'Ask Telegram whether a channel exists',
    description: 'With the session that shall read it, or with any free one. Nothing is saved.',
    access: [],
    from: 'body',
    input: schemas.checkInput,
    audit: { action: 'source.check' },
    responses: {
      200: { description: 'What Telegram says', schema: checkAnswer },
      400: { description: '`invalid_identifier`' },
      404: { description: 'Session not found' },
    },
    async handle({ input }) {
      const channel = channelOf(input);
      if (!channel)
        throw new InvalidInput([{ loc: ['body', 'identifier'], msg: 'Field required', type: 'missing' }]);
      const identifier = identifierOf(channel);
      const found = await service.checkChannel(identifier, input.session_id ?? null);
      return { body: serializeCheck(identifier, found), audit: null };
    },
  });
}

function serializeCheck(identifier: string, found: ChannelCheck): z.output<typeof checkAnswer> {
  if (found.kind !== 'found') {
    return {
      exists: found.kind === 'missing' ? false : null,
      identifier,
      reason: found.reason,
      channel: null,
    };
  }
  const { title, username } = found.channel;
  const channel = { title, username, is_private: username === null };
  return { exists: true, identifier, reason: null, channel };
}

function one({ service, serialize }: SourceRouteParts): Route {
  return defineRoute({
    ...OF_ONE,
    method: 'get',
    path: '/sources/:id',
    summary: 'One source',
    access: ['monitor'],
    responses: { ...FOUND, ...NOT_FOUND },
    handle: async ({ params: { id } }) => ({ body: await serialize.one(await service.source(id)) }),
  });
}

function change({ service, serialize }: SourceRouteParts): Route {
  return defineRoute({
    ...OF_ONE,
    method: 'put',
    path: '/sources/:id',
    summary: 'Change any field of a source, pause or resume it',
    description:
      'Changes apply from the next run. A field that is omitted or null is unchanged; empty text clears it.',
    access: [],
    from: 'body',
    input: schemas.changeInput,
    audit: audit('source.change'),
    responses: {
      ...FOUND,
      ...REFUSED,
      404: { description: 'Source not found, or Session not found' },
      409: { description: '`too_many_schedules`; another channel: `source_has_messages`, `run_in_progress`' },
    },
    async handle({ params: { id }, input }) {
      return { body: await serialize.one(await service.change(id, changedSource(input))) };
    },
  });
}

function remove({ service }: SourceRouteParts): Route {
  return defineRoute({
    ...OF_ONE,
    method: 'delete',
    path: '/sources/:id',
    summary: 'Delete a source, its schedule and its runs',
    description: 'A run in progress is cancelled. What is stored is kept.',
    access: [],
    audit: audit('source.delete'),
    responses: {
      200: { description: 'Deleted', schema: z.object({ message: z.string(), id: z.int() }) },
      ...NOT_FOUND,
    },
    async handle({ params: { id } }) {
      await service.remove(id);
      return { body: { message: 'Source deleted successfully', id } };
    },
  });
}

const TRIGGERED = {
  200: {
    description: 'A run is queued',
    schema: z.object({ message: z.string(), run_id: z.int(), result: runAnswer }).meta({ id: 'Triggered' }),
  },
  404: { description: 'Source not found' },
  409: { description: '`run_in_progress`: see `run_id`' },
};

function trigger({ runs, serializeRun }: SourceRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/sources/:id/trigger',
    tag: 'Sources',
    summary: 'Run a source now',
    access: [],
    params: schemas.sourceParams,
    audit: { action: 'source.trigger', object: ({ params }) => `source:${params.id}` },
    responses: TRIGGERED,
    handle: async ({ params: { id } }) => triggered(await runs.trigger(id), serializeRun),
  });
}

function triggerNamed({ service, serializeRun }: SourceRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/flows/trigger/:name',
    tag: 'Sources',
    summary: 'Run the source with this id or, without one, with this name',
    access: [],
    params: schemas.flowParams,
    audit: { action: 'source.trigger' },
    input: schemas.flowInput,
    responses: TRIGGERED,
    async handle({ params: { name }, input: { source_id } }) {
      return triggered(await service.triggerNamed(name, source_id ?? null), serializeRun);
    },
  });
}

function triggered(run: Run, serializeRun: RunSerializer): Reply {
  const body = { message: 'Run queued', run_id: run.id, result: serializeRun(run) };
  return { body, audit: { object: `source:${run.sourceId}` } };
}
