import { z } from 'zod';
import { defineRoute, type Reply, type Route } from '../http/route.js';
import { type RunSerializer, runAnswer } from '../runs/serialize.js';
import type { RunService } from '../runs/service.js';
import type { Run } from '../runs/store.js';
import * as schemas from './schemas.js';
import type { SourceService } from './service.js';

export interface TriggerRouteParts {
  readonly service: Pick<SourceService, 'triggerNamed'>;
  readonly runs: Pick<RunService, 'trigger'>;
  readonly serializeRun: RunSerializer;
}

/** Running a source on demand, even a paused one. */
export function triggerRoutes(parts: TriggerRouteParts): Route[] {
  return [trigger(parts), triggerNamed(parts)];
}

const TRIGGERED = {
  200: {
    description: 'A run is queued',
    schema: z.object({ message: z.string(), run_id: z.int(), result: runAnswer }).meta({ id: 'Triggered' }),
  },
  404: { description: 'Source not found' },
  409: { description: '`run_in_progress`: see `run_id`' },
};

function trigger({ runs, serializeRun }: TriggerRouteParts): Route {
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

function triggerNamed({ service, serializeRun }: TriggerRouteParts): Route {
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
