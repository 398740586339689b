import { z } from 'zod';
import { page, repeatable, search, sort, wholeNumber } from '../http/parameters.js';
import { defineRoute, pageOf, type Reply, type Route } from '../http/route.js';
import type { SteadyClock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import { RUN_ORDERS, type RunFilter, type RunListStore, type RunOrder } from './list_store.js';
import {
  listedRunAnswer,
  type RunSerializer,
  runAnswer,
  runLogAnswer,
  serializeListedRun,
  serializeRunLogEntry,
} from './serialize.js';
import type { RunService } from './service.js';
import { LOG_LEVELS, RUN_REASONS, RUN_STATES } from './store.js';

export interface RunRouteParts {
  readonly runs: RunService;
  readonly lists: RunListStore;
  /** @throws NotFound if there is no such source. */
  readonly ensureSource: (id: number) => Promise<void>;
  readonly serializeRun: RunSerializer;
  readonly clock: SteadyClock;
}

/** The routes of runs are also served below `/flows`, where they once were. */
export const PREFIXES = ['', '/flows'] as const;

const id = wholeNumber(1, Number.MAX_SAFE_INTEGER);
export const runParams = z.object({ id: id.meta({ description: 'The run', example: 1 }) });
export const sourceParams = z.object({ id: id.meta({ description: 'The source', example: 1 }) });
export const NOT_FOUND = { 404: { description: 'Run not found' } };

/** `/runs`: the state and log of runs, and their cancellation. */
export function runRoutes(parts: RunRouteParts): Route[] {
  return [
    list(parts),
    ...PREFIXES.flatMap((prefix) => [ofSource, one, logs, cancel].map((route) => route(parts, prefix))),
  ];
}

const listInput = page.extend({
  q: search("Part of the source's name or channel, of the error or of the session's name", 'news'),
  state: repeatable(z.enum(RUN_STATES), RUN_STATES.length)
    .nullish()
    .meta({ description: 'Repeatable: runs in any of these states', example: ['running'] }),
  reason: z.enum(RUN_REASONS).nullish(),
  sort: sort(RUN_ORDERS),
});

const LISTED = {
  200: {
    description: 'The runs, newest first unless sorted',
    schema: z.array(listedRunAnswer),
    counted: true,
  },
};

function list(parts: RunRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/runs',
    tag: 'Runs',
    summary: 'The runs of all sources',
    access: ['monitor'],
    input: listInput.extend({ source_id: id.nullish().meta({ description: 'Of this source', example: 1 }) }),
    responses: LISTED,
    handle: ({ input: { source_id, ...input } }) =>
      listed(parts, input, source_id ? { sourceId: source_id } : {}),
  });
}

function ofSource(parts: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/sources/:id/runs`,
    tag: 'Runs',
    summary: 'The runs of a source',
    access: ['monitor'],
    params: sourceParams,
    input: listInput,
    responses: { ...LISTED, 404: { description: 'Source not found' } },
    async handle({ params, input }) {
      await parts.ensureSource(params.id);
      return listed(parts, input, { sourceId: params.id });
    },
  });
}

async function listed(
  { lists, serializeRun }: RunRouteParts,
  { skip, limit, q, state, reason, sort }: z.output<typeof listInput>,
  scope: RunFilter,
): Promise<Reply> {
  const filter = { ...scope, ...(q && { q }), ...(state && { states: state }), ...(reason && { reason }) };
  const order: RunOrder | undefined = sort ?? undefined;
  const [runs, total] = await Promise.all([
    lists.runs({ skip, limit }, filter, order),
    lists.runCount(filter),
  ]);
  const body = runs.map((run) => serializeListedRun(run, serializeRun));
  return pageOf(body, total);
}

function one({ lists, serializeRun }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/runs/:id`,
    tag: 'Runs',
    summary: 'A run and its progress',
    access: ['monitor'],
    params: runParams,
    responses: { 200: { description: 'The run', schema: listedRunAnswer }, ...NOT_FOUND },
    async handle({ params }) {
      const run = await lists.run(params.id);
      if (!run) throw new NotFound('Run');
      return { body: serializeListedRun(run, serializeRun) };
    },
  });
}

function logs({ runs, lists, clock }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/runs/:id/logs`,
    tag: 'Runs',
    summary: 'The log of a run, oldest entry first unless sorted',
    access: ['monitor'],
    params: runParams,
    input: page.extend({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .nullish()
        .meta({ description: 'Only entries after the one with this id, to follow the log', example: 12 }),
      level: repeatable(z.enum(LOG_LEVELS), LOG_LEVELS.length)
        .nullish()
        .meta({ description: 'Repeatable: entries of any of these levels', example: ['warning', 'error'] }),
      q: search('Part of the message', 'FLOOD'),
      sort: sort(['id']),
    }),
    responses: {
      200: { description: 'Its log', schema: z.array(runLogAnswer), counted: true },
      ...NOT_FOUND,
    },
    async handle({ params, input: { skip, limit, after, level, q, sort } }) {
      await runs.run(params.id);
      const filter = { ...(after && { after }), ...(level && { levels: level }), ...(q && { q }) };
      const [entries, total] = await Promise.all([
        lists.logs(params.id, { skip, limit }, filter, sort?.descending),
        lists.logCount(params.id, filter),
      ]);
      const body = entries.map((entry) => serializeRunLogEntry(entry, clock));
      return pageOf(body, total);
    },
  });
}

const cancelledAnswer = runAnswer.extend({ message: z.string(), run_id: z.int() });

function cancel({ runs, serializeRun }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'post',
    path: `${prefix}/runs/:id/cancel`,
    tag: 'Runs',
    summary: 'Cancel a run',
    description: 'What it has stored stays. A run under way ends within 5 seconds.',
    access: [],
    params: runParams,
    audit: { action: 'run.cancel', object: ({ params }) => `run:${params.id}` },
    responses: {
      200: { description: 'Cancelled, or about to be: see `state`', schema: cancelledAnswer },
      ...NOT_FOUND,
      409: { description: '`run_ended`' },
    },
    async handle({ params }) {
      const run = await runs.cancel(params.id);
      const message = run.state === 'cancelled' ? 'Run cancelled' : 'Run is being cancelled';
      return { body: { message, run_id: run.id, ...serializeRun(run) } };
    },
  });
}
