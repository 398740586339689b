import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { ApiKey } from '../kernel/api_key.js';
import { Forbidden, Unavailable } from '../kernel/errors.js';
import type { EventHub } from './events.js';
import { defineRoute, type Route } from './route.js';

export interface OperationsParts {
  readonly registry: Registry;
  readonly events: EventHub;
  /** The first event for a new listener. */
  readonly snapshot: (key: ApiKey) => Promise<unknown>;
  /** Each required part of the service: null, or why it does not work. */
  readonly checks: () => Promise<Readonly<Record<string, string | null>>>;
  /** As `checks`, the parts without which the service is ready all the same. */
  readonly optional?: () => Promise<Readonly<Record<string, string | null>>>;
}

/** The routes that monitor the service itself. */
export function operationsRoutes(parts: OperationsParts): Route[] {
  return [health(), ready(parts), metrics(parts.registry), events(parts)];
}

/** The routes that monitor a process without the API. */
export function workerRoutes(registry: Registry): Route[] {
  return [health(), metrics(registry)];
}

function health(): Route {
  return defineRoute({
    method: 'get',
    path: '/health',
    tag: 'Operations',
    summary: 'Whether the process is alive',
    access: 'public',
    responses: { 200: { description: 'Alive', schema: z.object({ status: z.literal('ok') }) } },
    handle: () => ({ body: { status: 'ok' } }),
  });
}

function ready({ checks, optional = async () => ({}) }: OperationsParts): Route {
  return defineRoute({
    method: 'get',
    path: '/ready',
    tag: 'Operations',
    summary: 'Whether the service is ready: database, sessions directory',
    description:
      'It is ready without Prefect, if that is used; `checks.prefect` then says why it is not `ok`.',
    access: 'public',
    responses: {
      200: {
        description: 'Ready',
        schema: z.object({ status: z.literal('ready'), checks: z.record(z.string(), z.string()) }),
      },
      503: { description: 'Not ready, and why' },
    },
    async handle() {
      const found = Object.entries(await checks());
      const failed = found.filter(([, reason]) => reason !== null);
      if (failed.length > 0)
        throw new Unavailable({ error: 'not_ready', reasons: Object.fromEntries(failed) }, 1);
      const parts = [...found, ...Object.entries(await optional())];
      const checked = Object.fromEntries(parts.map(([name, reason]) => [name, reason ?? 'ok']));
      return { body: { status: 'ready', checks: checked } };
    },
  });
}

function metrics(registry: Registry): Route {
  return defineRoute({
    method: 'get',
    path: '/metrics',
    tag: 'Operations',
    summary: 'Metrics for Prometheus',
    access: ['monitor'],
    description: 'They cover the whole service: a key that is limited to tags is refused.',
    responses: { 200: { description: 'Text in the Prometheus format', contentType: 'text/plain' } },
    async handle({ key }) {
      if (key.tags.length > 0)
        throw new Forbidden('A key limited to tags cannot read the metrics of all sessions', {
          code: 'key_limited_to_tags',
        });
      return { body: await registry.metrics(), headers: { 'Content-Type': registry.contentType } };
    },
  });
}

function events({ events: hub, snapshot }: OperationsParts): Route {
  return defineRoute({
    method: 'get',
    path: '/events',
    tag: 'Operations',
    summary: 'Events of the pool, as server-sent events',
    description:
      'Starts with a `status`, which is repeated on changes, at most once a second; `session` is an event of one session, `session_edit` a change of its tags or its proxy, `sync` the result of a sync, `run` a run and its progress, `source` a source that was created, changed or deleted; admins also get `key`, `login` and `bulk` (the progress of an action on many sessions). A key that is limited to tags receives the events of its sessions only. The stream ends when the key expires or is revoked.',
    access: ['monitor'],
    responses: { 200: { description: 'A stream that does not end', contentType: 'text/event-stream' } },
    async handle({ res, key }) {
      if (hub.full) throw new Unavailable('Too many listeners', 10, { code: 'too_many_listeners' });
      hub.open(res, key, [{ event: 'status', data: await snapshot(key) }]);
      return undefined;
    },
  });
}
