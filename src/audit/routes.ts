import { z } from 'zod';
import { page, search, sort, text } from '../http/parameters.js';
import { defineRoute, pageOf, type Route } from '../http/route.js';
import { iso, type SteadyClock } from '../kernel/clock.js';
import { AUDIT_ORDERS, AUDIT_OUTCOMES, type AuditFilter, type AuditStore } from './store.js';

const auditAnswer = z
  .object({
    id: z.int().meta({ example: 1000 }),
    at: z.iso.datetime(),
    key: z.string().meta({ description: 'The key, by its name in leases and history', example: 'key:3' }),
    key_name: z.string().meta({ example: 'operations' }),
    address: z.string().nullable().meta({ description: 'null: on the command line', example: '10.0.0.7' }),
    request_id: z.string().nullable().meta({ example: '3f0f9d5e' }),
    action: z.string().meta({ example: 'session.delete' }),
    object: z.string().nullable().meta({ example: 'session:42' }),
    outcome: z.enum(AUDIT_OUTCOMES).meta({
      description: '`failed`: it ended with an error, and may have been done partially',
    }),
  })
  .meta({ id: 'AuditEntry' });

/** `GET /audit`: the log of admin actions. */
export function auditRoutes(store: Pick<AuditStore, 'entries' | 'count'>, clock: SteadyClock): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/audit',
      tag: 'Access',
      summary: 'Admin actions, newest first',
      description: '`X-Total-Count` is the number of matching entries. Entries are kept for `AUDIT_DAYS`.',
      access: [],
      input: page.extend({
        action: text(100).nullish().meta({ example: 'session.delete' }),
        object: text(200).nullish().meta({ example: 'session:42' }),
        key: text(100).nullish().meta({ description: 'By its name in leases and history', example: 'key:3' }),
        outcome: z.enum(AUDIT_OUTCOMES).nullish(),
        q: search("Part of the key's name, the action, the object, the address or the request id", 'delete'),
        sort: sort(AUDIT_ORDERS),
      }),
      responses: { 200: { description: 'The entries', schema: z.array(auditAnswer), counted: true } },
      async handle({ input: { skip, limit, action = null, object = null, key = null, outcome, q, sort } }) {
        const filter: AuditFilter = { action, object, holder: key, outcome: outcome ?? null, q: q ?? null };
        const [entries, total] = await Promise.all([
          store.entries(filter, { skip, limit }, sort ?? undefined),
          store.count(filter),
        ]);
        const body = entries.map((entry) => ({
          id: entry.id,
          at: iso(clock, entry.at),
          key: entry.holder,
          key_name: entry.keyName,
          address: entry.address,
          request_id: entry.requestId,
          action: entry.action,
          object: entry.object,
          outcome: entry.outcome,
        }));
        return pageOf(body, total);
      },
    }),
  ];
}
