import { z } from 'zod';
import { page, wholeNumber } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import type { SteadyClock } from '../kernel/clock.js';
import type { Page } from '../kernel/page.js';
import {
  type RunSerializer,
  runAnswer,
  runFileAnswer,
  runLogAnswer,
  serializeRunFile,
  serializeRunLogEntry,
} from './serialize.js';
import type { RunService } from './service.js';
import type { Run } from './store.js';

export interface RunRouteParts {
  readonly runs: RunService;
  /** The runs of a source, newest first. @throws NotFound. */
  readonly runsOf: (sourceId: number, page: Page) => Promise<Run[]>;
  readonly serializeRun: RunSerializer;
  readonly clock: SteadyClock;
}

/** The routes of runs are also served below `/flows`, where they once were. */
const PREFIXES = ['', '/flows'] as const;

const id = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const runParams = z.object({ id: id.meta({ description: 'The run', example: 1 }) });
const sourceParams = z.object({ id: id.meta({ description: 'The source', example: 1 }) });
const NOT_FOUND = { 404: { description: 'Run not found' } };

/** `/runs`: the state, log and files of runs, and their cancellation. */
export function runRoutes(parts: RunRouteParts): Route[] {
  return PREFIXES.flatMap((prefix) =>
    [ofSource, one, logs, files, cancel].map((route) => route(parts, prefix)),
  );
}

function ofSource({ runsOf, serializeRun }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/sources/:id/runs`,
    tag: 'Runs',
    summary: 'The runs of a source, newest first',
    access: ['monitor'],
    params: sourceParams,
    input: page,
    responses: {
      200: { description: 'Its runs', schema: z.array(runAnswer) },
      404: { description: 'Source not found' },
    },
    async handle({ params, input }) {
      const runs = await runsOf(params.id, input);
      return { body: runs.map(serializeRun) };
    },
  });
}

function one({ runs, serializeRun }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/runs/:id`,
    tag: 'Runs',
    summary: 'A run and its progress',
    access: ['monitor'],
    params: runParams,
    responses: { 200: { description: 'The run', schema: runAnswer }, ...NOT_FOUND },
    handle: async ({ params }) => ({ body: serializeRun(await runs.run(params.id)) }),
  });
}

function logs({ runs, clock }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/runs/:id/logs`,
    tag: 'Runs',
    summary: 'The log of a run, oldest first',
    access: ['monitor'],
    params: runParams,
    input: page,
    responses: { 200: { description: 'Its log', schema: z.array(runLogAnswer) }, ...NOT_FOUND },
    async handle({ params, input }) {
      const entries = await runs.logs(params.id, input);
      return { body: entries.map((entry) => serializeRunLogEntry(entry, clock)) };
    },
  });
}

function files({ runs }: RunRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/runs/:id/files`,
    tag: 'Runs',
    summary: 'The files that a run has found, by message',
    access: ['monitor'],
    params: runParams,
    input: page,
    responses: { 200: { description: 'Its files', schema: z.array(runFileAnswer) }, ...NOT_FOUND },
    async handle({ params, input }) {
      return { body: (await runs.files(params.id, input)).map(serializeRunFile) };
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
