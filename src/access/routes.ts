import { z } from 'zod';
import { flag, page, repeatable, search, sessionId, sort, text, wholeNumber } from '../http/parameters.js';
import { defineRoute, pageOf, type Route } from '../http/route.js';
import { type ApiKey, ROLES } from '../kernel/api_key.js';
import { iso, momentOf, type SteadyClock } from '../kernel/clock.js';
import { InvalidInput } from '../kernel/errors.js';
import type { Order } from '../kernel/page.js';
import type { KeyService } from './keys.js';
import type { KeyRecord } from './store.js';

const keyAnswer = z.object({
  id: z.int(),
  name: z.string(),
  role: z.enum(ROLES),
  max_leases: z.int().nullable(),
  tags: z
    .array(z.string())
    .meta({ description: 'The key leases and sees only sessions that have all of these tags' }),
  expires_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
});

/** The key of a request in answers of the API. */
export const selfAnswer = z.object({
  name: z.string().meta({ example: 'scrapers' }),
  role: z.enum(ROLES),
  max_leases: z.int().nullable().meta({ example: 50 }),
  tags: z.array(z.string()).meta({ example: ['eu'] }),
  expires_at: z.iso.datetime().nullable(),
  holder: z.string().meta({ description: 'The name of this key in leases and history', example: 'key:3' }),
});

const newKeyInput = z.object({
  name: text(100),
  role: z.enum(ROLES),
  max_leases: wholeNumber(1, 1_000_000)
    .nullish()
    .meta({ description: 'Its maximum number of concurrent leases' }),
  expires_at: z.iso
    .datetime({ offset: true })
    .nullish()
    .meta({ description: 'The key is rejected from then on', example: '2030-01-01T00:00:00Z' }),
  tags: repeatable(text(64), 20)
    .nullish()
    .meta({ description: 'The key leases and sees only sessions that have all of these tags' }),
});

/** `/keys`: the API keys. */
export function keyRoutes(keys: KeyService, clock: SteadyClock): Route[] {
  return [list(keys, clock), self(clock), create(keys, clock), revoke(keys)];
}

/** What keys can be sorted by. */
const KEY_ORDERS = ['id', 'name', 'role', 'created_at', 'expires_at'] as const;
type KeyOrder = Order<(typeof KEY_ORDERS)[number]>;

function list(keys: KeyService, clock: SteadyClock): Route {
  return defineRoute({
    method: 'get',
    path: '/keys',
    tag: 'Access',
    summary: 'List the API keys',
    description: 'Keys in the setting API_KEYS are not listed.',
    access: [],
    input: page.extend({
      q: search('Part of the name or of a tag', 'scraper'),
      role: z.enum(ROLES).nullish(),
      sort: sort(KEY_ORDERS),
    }),
    responses: {
      200: {
        description: 'The keys, without their secrets, by id unless sorted',
        schema: z.array(keyAnswer),
        counted: true,
      },
    },
    async handle({ input: { skip, limit, q, role, sort } }) {
      const wanted = q?.toLowerCase() ?? '';
      const found = (await keys.list()).filter(
        ({ name, tags, ...key }) =>
          (!role || key.role === role) && [name, ...tags].some((text) => text.toLowerCase().includes(wanted)),
      );
      const sorted = sort ? found.toSorted(comparing(sort)) : found;
      const body = sorted.slice(skip, skip + limit).map((record) => serialize(record, clock));
      return pageOf(body, found.length);
    },
  });
}

/** Those without the value last either way, and those with the same value by id. */
function comparing({ by, descending }: KeyOrder): (one: KeyRecord, other: KeyRecord) => number {
  const sortedValue = (key: KeyRecord): string | number | null =>
    ({ created_at: key.createdAt, expires_at: key.expiresAt, id: key.id, name: key.name, role: key.role })[
      by
    ];
  return (one, other) => {
    const [a, b] = [sortedValue(one), sortedValue(other)];
    if (a === b) return one.id - other.id;
    if (a === null || b === null) return a === null ? 1 : -1;
    const isBefore = typeof a === 'string' ? a.localeCompare(String(b)) < 0 : a < Number(b);
    return isBefore === descending ? 1 : -1;
  };
}

function self(clock: SteadyClock): Route {
  return defineRoute({
    method: 'get',
    path: '/keys/self',
    tag: 'Access',
    summary: 'The name and role of this key',
    access: ROLES,
    responses: { 200: { description: 'The key of this request', schema: selfAnswer } },
    handle: ({ key }) => ({ body: serializeSelf(key, clock) }),
  });
}

/** The key of a request, for the API. */
export function serializeSelf(key: ApiKey, clock: SteadyClock): z.output<typeof selfAnswer> {
  const { name, role, maxLeases, tags, expiresAt, holder } = key;
  const limits = { max_leases: maxLeases, tags: [...tags], expires_at: toIso(expiresAt, clock) };
  return { name, role, ...limits, holder };
}

function create(keys: KeyService, clock: SteadyClock): Route {
  return defineRoute({
    method: 'post',
    path: '/keys',
    tag: 'Access',
    summary: 'Create an API key',
    access: [],
    from: 'any',
    input: newKeyInput,
    audit: { action: 'key.create' },
    responses: {
      201: { description: 'The key, shown only once', schema: keyAnswer.extend({ key: z.string() }) },
    },
    async handle({ input: { name, role, max_leases, expires_at, tags } }) {
      const expiresAt = expires_at ? momentOf(new Date(expires_at), clock) : null;
      if (expiresAt !== null && expiresAt <= clock.now()) throw expiresInThePast();
      const limits = { maxLeases: max_leases ?? null, tags: [...new Set(tags ?? [])], expiresAt };
      const { key, ...record } = await keys.create({ name, role, ...limits });
      const body = { ...serialize(record, clock), key };
      return { status: 201, body, audit: { object: `key:${record.id}` } };
    },
  });
}

function revoke(keys: KeyService): Route {
  return defineRoute({
    method: 'delete',
    path: '/keys/:id',
    tag: 'Access',
    summary: 'Revoke an API key',
    description:
      'Its event streams end at once. Its leases stay valid until they expire; with `end_leases` they end at once, and their sessions cool down. ' +
      'The call can be repeated, even for a revoked key.',
    access: [],
    params: z.object({ id: sessionId }),
    input: z.object({ end_leases: flag.default(false).meta({ description: 'End its leases at once' }) }),
    audit: { action: 'key.revoke', object: ({ params }) => `key:${params.id}` },
    responses: {
      200: { description: 'Revoked', schema: z.object({ message: z.string(), id: z.int() }) },
      404: { description: 'Key not found' },
    },
    async handle({ params, input: { end_leases }, key }) {
      await keys.revoke(params.id, end_leases ? key.holder : null);
      return { body: { message: 'Key revoked', id: params.id } };
    },
  });
}

function serialize(record: KeyRecord, clock: SteadyClock): z.output<typeof keyAnswer> {
  return {
    id: record.id,
    name: record.name,
    role: record.role,
    max_leases: record.maxLeases,
    tags: [...record.tags],
    expires_at: toIso(record.expiresAt, clock),
    created_at: iso(clock, record.createdAt),
  };
}

function toIso(at: number | null, clock: SteadyClock): string | null {
  return at === null ? null : iso(clock, at);
}

function expiresInThePast(): InvalidInput {
  return new InvalidInput([
    { loc: ['body', 'expires_at'], msg: 'expected a time in the future', type: 'value_error' },
  ]);
}
