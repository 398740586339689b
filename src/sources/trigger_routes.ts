import { z } from 'zod';
import type { SteadyClock } from '../clock.js';
import { defineRoute, type Reply, type Route } from '../http/route.js';
import { presentRun, runAnswer } from '../scraping/run_present.js';
import type { RunService } from '../scraping/run_service.js';
import type { Run } from '../scraping/store.js';
import { flowInput, flowParams, sourceParams } from './schemas.js';
import type { SourceService } from './service.js';

export interface TriggerRouteParts {
  readonly service: SourceService;
  readonly runs: RunService;
  readonly clock: SteadyClock;
}

const RESPONSES = {
  200: {
    description: 'A run is queued',
    schema: z.object({ message: z.string(), run_id: z.int(), result: runAnswer }).meta({ id: 'Triggered' }),
  },
  404: { description: 'Source not found' },
  409: { description: '`run_in_progress`: see `run_id`' },
};

/** The routes by which a source is run on demand; a paused one, too. */
export function triggerRoutes(parts: TriggerRouteParts): Route[] {
  return [trigger(parts), triggerNamed(parts)];
}

function trigger({ runs, clock }: TriggerRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/sources/:id/trigger',
    tag: 'Sources',
    summary: 'Run a source now',
    access: [],
    params: sourceParams,
    audit: { action: 'source.trigger', object: ({ params }) => `source:${params.id}` },
    responses: RESPONSES,
    handle: async ({ params: { id } }) => triggered(await runs.trigger(id), clock),
  });
}

function triggerNamed({ service, clock }: TriggerRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/flows/trigger/:name',
    tag: 'Sources',
    summary: 'Run the source of this id or, without one, of this name',
    access: [],
    params: flowParams,
    audit: { action: 'source.trigger' },
    input: flowInput,
    responses: RESPONSES,
    async handle({ params: { name }, input: { source_id } }) {
      return triggered(await service.triggerNamed(name, source_id ?? null), clock);
    },
  });
}

function triggered(run: Run, clock: SteadyClock): Reply {
  const body = { message: 'Run queued', run_id: run.id, result: presentRun(run, clock) };
  return { body, audit: { object: `source:${run.sourceId}` } };
}
