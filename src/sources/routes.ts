import { z } from 'zod';
import { page, search, sessionId, sort } from '../http/parameters.js';
import { defineRoute, pageOf, type ResponseSpec, type Route, type RouteSpec } from '../http/route.js';
import { RUN_STATES } from '../runs/store.js';
import { channelCheckRoute } from './channel_check_routes.js';
import * as schemas from './schemas.js';
import type { SourceService } from './service.js';
import { sourceAnswer, type sourceSerializer } from './source_answer.js';
import { changedSource, newSource } from './source_input.js';
import { ACCESS_LEVELS, SOURCE_ORDERS, type Source, type SourceFilter, TARGETS } from './store.js';
import { configuredTargets, type TargetRoots } from './targets.js';
import { type TriggerRouteParts, triggerRoutes } from './trigger_routes.js';

export interface SourceRouteParts extends TriggerRouteParts {
  readonly service: SourceService;
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

/** `/sources`: the channels to scrape. */
export function sourceRoutes(parts: SourceRouteParts): Route[] {
  return [
    ...makingRoutes(parts),
    list(parts),
    targets(parts),
    channelCheckRoute(parts),
    one(parts),
    change(parts),
    remove(parts),
    ...triggerRoutes(parts),
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
