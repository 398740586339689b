import { z } from 'zod';
import { text, wholeNumber } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import type { TagLimits } from './tag_limits.js';
import type { UseLimit } from './uses.js';

const params = z.object({ tag: text(64).meta({ description: 'The tag, percent-encoded', example: 'new' }) });

const limitAnswer = z
  .object({
    tag: z.string(),
    max_uses_per_day: z.int().meta({ description: 'Leases of one session in a day of UTC', example: 100 }),
    ramp_days: z
      .int()
      .meta({ description: 'In how many days after a session came it grows up to that', example: 14 }),
  })
  .meta({ id: 'TagLimit' });

const auditOfTag = (action: string) => ({
  action,
  object: ({ params }: { readonly params: { readonly tag: string } }) => `tag:${params.tag}`,
});

/** `/tags/…/limits`: how often sessions with a tag may be leased. */
export function tagLimitRoutes(limits: TagLimits): Route[] {
  return [list(limits), set(limits), remove(limits)];
}

function list(limits: TagLimits): Route {
  return defineRoute({
    method: 'get',
    path: '/tags/limits',
    tag: 'Sessions',
    summary: 'How often sessions may be leased in a day, by tag',
    access: ['monitor'],
    responses: { 200: { description: 'The limits, by tag', schema: z.array(limitAnswer) } },
    handle: async () => ({ body: (await limits.list()).map(serialize) }),
  });
}

function set(limits: TagLimits): Route {
  return defineRoute({
    method: 'put',
    path: '/tags/:tag/limits',
    tag: 'Sessions',
    summary: 'Limit how often sessions with a tag may be leased in a day',
    description:
      'A session that has had all its leases of the day of UTC is `used_up` until the next one. With `ramp_days`, a session begins with a fraction: on its day d, `max_uses_per_day` × d / `ramp_days`, at least 1. Of the limits of several tags, the lowest counts.',
    access: [],
    from: 'body',
    params,
    audit: auditOfTag('tag.limit'),
    input: z.object({
      max_uses_per_day: wholeNumber(1, 1_000_000),
      ramp_days: wholeNumber(0, 365).default(0),
    }),
    responses: {
      200: { description: 'The limit', schema: limitAnswer },
      409: { description: '`too_many_tag_limits`' },
    },
    async handle({ params: { tag }, input: { max_uses_per_day: maxUsesPerDay, ramp_days: rampDays } }) {
      const limit = { tag, maxUsesPerDay, rampDays };
      await limits.set(limit);
      return { body: serialize(limit) };
    },
  });
}

function remove(limits: TagLimits): Route {
  return defineRoute({
    method: 'delete',
    path: '/tags/:tag/limits',
    tag: 'Sessions',
    summary: 'Let sessions with a tag be leased without a limit',
    access: [],
    params,
    audit: auditOfTag('tag.unlimit'),
    responses: {
      200: { description: 'Removed', schema: z.object({ tag: z.string() }) },
      404: { description: 'The tag has no limit' },
    },
    async handle({ params: { tag } }) {
      await limits.remove(tag);
      return { body: { tag } };
    },
  });
}

function serialize({ tag, maxUsesPerDay, rampDays }: UseLimit) {
  return { tag, max_uses_per_day: maxUsesPerDay, ramp_days: rampDays };
}
