import { z } from 'zod';
import type { SteadyClock } from '../clock.js';
import { sessionId, text, wholeNumber } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import type { KeyService } from './keys.js';
import { ROLES } from './roles.js';
import type { KeyRecord } from './store.js';

const keyAnswer = z.object({
  id: z.int(),
  name: z.string(),
  role: z.enum(ROLES),
  max_leases: z.int().nullable(),
  created_at: z.iso.datetime(),
});

const selfAnswer = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  max_leases: z.int().nullable(),
  holder: z.string().meta({ description: 'How leases and history name this key' }),
});

/** `/keys`: who may use the service. */
export function keyRoutes(keys: KeyService, clock: SteadyClock): Route[] {
  const present = (record: KeyRecord) => ({
    id: record.id,
    name: record.name,
    role: record.role,
    max_leases: record.maxLeases,
    created_at: clock.display(record.createdAt).toISOString(),
  });
  return [
    defineRoute({
      method: 'get',
      path: '/keys',
      tag: 'Access',
      summary: 'List the API keys',
      description: 'Those of the setting API_KEYS are not among them.',
      access: [],
      responses: {
        200: { description: 'The keys, without the keys themselves', schema: z.array(keyAnswer) },
      },
      handle: async () => ({ body: (await keys.list()).map(present) }),
    }),
    defineRoute({
      method: 'get',
      path: '/keys/self',
      tag: 'Access',
      summary: 'Whose key this is, and what it may do',
      access: ROLES,
      responses: { 200: { description: 'The key that was sent', schema: selfAnswer } },
      handle({ key: { name, role, maxLeases, holder } }) {
        return { body: { name, role, max_leases: maxLeases, holder } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/keys',
      tag: 'Access',
      summary: 'Make an API key',
      access: [],
      from: 'any',
      input: z.object({
        name: text(100),
        role: z.enum(ROLES),
        max_leases: wholeNumber(1, 1_000_000)
          .optional()
          .meta({ description: 'How many sessions it may hold at once' }),
      }),
      responses: {
        201: { description: 'The key: shown this once', schema: keyAnswer.extend({ key: z.string() }) },
      },
      async handle({ input }) {
        const { key, ...record } = await keys.create(input.name, input.role, input.max_leases ?? null);
        return { status: 201, body: { ...present(record), key } };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/keys/:id',
      tag: 'Access',
      summary: 'Revoke an API key',
      access: [],
      params: z.object({ id: sessionId }),
      responses: {
        200: { description: 'Revoked', schema: z.object({ message: z.string(), id: z.int() }) },
        404: { description: 'Key not found' },
      },
      async handle({ params }) {
        await keys.revoke(params.id);
        return { body: { message: 'Key revoked', id: params.id } };
      },
    }),
  ];
}
