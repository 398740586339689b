import { z } from 'zod';
import { wholeNumber } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import { iso, momentOf, type SteadyClock } from '../kernel/clock.js';
import { Forbidden, InvalidInput } from '../kernel/errors.js';
import { statusHistoryAnswer } from './monitoring_schemas.js';
import type { MonitoringStore, PoolSample } from './monitoring_store.js';
import { gathered, KEPT_MS, MAX_POINTS, samplesFor, usualStep } from './status_history.js';

export interface StatusHistoryParts {
  readonly monitoring: Pick<MonitoringStore, 'samples'>;
  readonly clock: SteadyClock;
}

const HOUR_MS = 3_600_000;

const instant = z.iso.datetime({ offset: true }).nullish();

/** `GET /status/history`: what the pool did over time. */
export function statusHistoryRoute({ monitoring, clock }: StatusHistoryParts): Route {
  return defineRoute({
    method: 'get',
    path: '/status/history',
    tag: 'Pool',
    summary: 'What the pool did over time',
    description:
      'By default the last hour. Kept by the minute for a week, and by the hour for a year. A step without a point: the service did not run. A key that is limited to tags is refused.',
    access: ['monitor'],
    input: z.object({
      from: instant.meta({ description: 'By default an hour before `to`', example: '2025-03-01T12:00:00Z' }),
      to: instant.meta({ description: 'By default now', example: '2025-03-01T13:00:00Z' }),
      step: wholeNumber(60, 31_536_000).nullish().meta({
        description: 'In seconds, a multiple of 60; by default one that suits the time',
        example: 60,
      }),
    }),
    responses: { 200: { description: 'Points, oldest first', schema: statusHistoryAnswer } },
    async handle({ input, key }) {
      if (key.tags.length > 0) {
        const message = 'A key limited to tags cannot read the history of all sessions';
        throw new Forbidden(message, { code: 'key_limited_to_tags' });
      }
      const now = clock.now();
      const to = input.to ? momentOf(new Date(input.to), clock) : now;
      const from = input.from ? momentOf(new Date(input.from), clock) : to - HOUR_MS;
      const step = input.step ?? usualStep(to - from);
      refuseUnusable(from, to, step);
      const stepMs = step * 1000;
      const sampled = samplesFor(step, from, now);
      const first = Math.floor(Math.max(from, now - KEPT_MS[sampled]) / stepMs) * stepMs;
      const samples = await monitoring.samples(sampled, first, to, KEPT_MS[sampled] / (sampled * 1000) + 1);
      const points = gathered(samples, stepMs).map((sample) => serialize(sample, clock));
      return { body: { from: iso(clock, from), to: iso(clock, to), step, points } };
    },
  });
}

/** @throws InvalidInput. */
function refuseUnusable(from: number, to: number, step: number): void {
  const issue = (field: string, msg: string) =>
    new InvalidInput([{ loc: ['query', field], msg, type: 'value_error' }]);
  if (from >= to) throw issue('from', 'expected a time before `to`');
  if (step % 60 !== 0) throw issue('step', 'expected a multiple of 60');
  if ((to - from) / (step * 1000) > MAX_POINTS) {
    throw issue('step', `expected at most ${MAX_POINTS} steps from \`from\` to \`to\``);
  }
}

function serialize(sample: PoolSample, clock: SteadyClock) {
  const { at, counts, leases, releases, floods, granted, refused, waitedMs, longestWaitMs } = sample;
  const seconds = (ms: number) => Math.round(ms) / 1000;
  return {
    at: iso(clock, at),
    free: counts?.free ?? null,
    in_use: counts?.inUse ?? null,
    in_floodwait: counts?.inFloodwait ?? null,
    unavailable: counts?.unavailable ?? null,
    waiting: counts?.waiting ?? null,
    ...{ leases, releases, floods, granted, refused },
    mean_wait_seconds: granted === 0 ? null : seconds(waitedMs / granted),
    longest_wait_seconds: seconds(longestWaitMs),
  };
}
