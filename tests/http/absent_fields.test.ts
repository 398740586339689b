import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { exactJson, parseExactJson } from '../../src/http/exact_json.js';
import type { Route } from '../../src/http/route.js';
import { some, withService } from '../service/service.js';
import { type SmallApp, withRoutes } from './small_app.js';

/** A valid value for each required field. */
const NEEDED: Fields = {
  session_id: '1',
  lease_id: 'L',
  wait_seconds: '5',
  error: 'TIMEOUT',
  name: 'Ada',
  role: 'worker',
  phone_number: '+9996610001',
  temp_session_id: 'T',
  code: '11111',
  session_string: 'S',
  identifier: '@name',
  access_level: 'public',
  target: 'LOCAL',
  channel_id: '1',
  channel_username: 'name',
  action: 'test',
  api_key: 'K',
  max_uses_per_day: '5',
  peers: [{ id: '5', access_hash: '6' }],
};

/** Required texts that the service checks further, with a 400 for an invalid one. */
const TEXTS = ['phone_number', 'code', 'identifier', 'channel_id', 'channel_username'];

type Kind = 'query' | 'form' | 'multipart' | 'json';
type Fields = Readonly<Record<string, unknown>>;

/** The route under a path of its own, answering with the input as its schema parsed it. */
function echo(route: Route, index: number): Route {
  return {
    ...route,
    path: `/${index}`,
    params: undefined as never,
    access: 'public',
    handle: ({ input }) => ({ body: exactJson(input) }),
  };
}

/** How a route's parameters may be sent: a list of objects, as JSON only. */
function kinds({ from = 'query' }: Route, base: Fields): readonly Kind[] {
  if (Object.values(base).some((value) => typeof value === 'object')) return ['json'];
  if (from === 'query') return ['query'];
  return from === 'any' ? ['query', 'form', 'multipart', 'json'] : ['form', 'multipart', 'json'];
}

async function send({ server }: SmallApp, { method, path }: Route, kind: Kind, fields: Fields) {
  const ask = request(server)[method](path);
  if (kind === 'query') return answered(await ask.query(fields));
  if (kind === 'json') return answered(await ask.send(fields));
  if (kind === 'form')
    return answered(await ask.type('form').send(new URLSearchParams(texts(fields)).toString()));
  const form = Object.entries(texts(fields)).reduce((sent, [name, value]) => sent.field(name, value), ask);
  // A form without fields is not a form.
  return answered(await form.field('unknown', 'x'));
}

function texts(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, `${value ?? ''}`]));
}

function answered({ status, text }: request.Response) {
  return { status, body: parseExactJson(text) };
}

function isOptional(schema: z.core.$ZodType): boolean {
  return z.safeParse(schema, undefined).success;
}

/** A bare flag in a query means true. */
function isFlag(schema: z.core.$ZodType): boolean {
  return z.safeParse(schema, '').success;
}

/** Every field of every route, in every way it may be sent. */
function cases(routes: readonly Route[]) {
  return routes.flatMap((route) => {
    const fields = Object.entries(route.input?.shape ?? {});
    const needed = fields.filter(([, schema]) => !isOptional(schema)).map(([name]) => name);
    for (const name of needed) if (!(name in NEEDED)) throw new Error(`NEEDED has no value for ${name}`);
    const base: Fields = Object.fromEntries(needed.map((name) => [name, NEEDED[name] ?? '']));
    return fields.flatMap(([field, schema]) =>
      kinds(route, base).map((kind) => ({ route, field, schema, kind, base })),
    );
  });
}

/** Runs the test with every route of the service. */
function withEveryRoute(test: (app: SmallApp, routes: readonly Route[]) => Promise<void>) {
  return withService(async ({ container }) => {
    const routes = container.routes.filter(({ input }) => input !== undefined).map(echo);
    await withRoutes(routes, (app) => test(app, routes))();
  });
}

describe('an empty field, on every route', () => {
  it(
    'counts as not given if it is optional: null in JSON, empty in a form or query',
    withEveryRoute(async (app, routes) => {
      const optional = cases(routes).filter(({ schema }) => isOptional(schema));
      expect(optional.length).toBeGreaterThan(200);
      for (const { route, field, schema, kind, base } of optional) {
        if (kind === 'query' && isFlag(schema)) continue;
        const without = await send(app, route, kind, base);
        const empty = await send(app, route, kind, { ...base, [field]: kind === 'json' ? null : '' });
        const where = `${route.summary}: ${field} by ${kind}`;
        expect([where, without.status]).toEqual([where, 200]);
        expect([where, empty]).toEqual([where, without]);
      }
    }),
  );

  it(
    'is rejected by name if it is required',
    withEveryRoute(async (app, routes) => {
      const needed = cases(routes).filter(({ schema }) => !isOptional(schema));
      expect(needed.length).toBeGreaterThan(50);
      for (const { route, field, kind, base } of needed) {
        if (kind !== 'json' && TEXTS.includes(field)) continue;
        const { status, body } = await send(app, route, kind, {
          ...base,
          [field]: kind === 'json' ? null : '',
        });
        const where = `${route.summary}: ${field} by ${kind}`;
        expect([where, status]).toEqual([where, 422]);
        const loc = [kind === 'query' ? 'query' : 'body', field];
        expect([where, body]).toMatchObject([where, { detail: [{ loc }] }]);
      }
    }),
  );

  it(
    'is rejected with 400 if it is a required text',
    withService(
      async (service) => {
        const public_ = { name: 'x', access_level: 'public', target: 'LOCAL' };
        const refused: readonly (readonly [string, object])[] = [
          ['/sessions/send-otp', { phone_number: '' }],
          ['/sessions/get-code', { phone_number: '' }],
          ['/sources', { ...public_, identifier: '' }],
          ['/sources/public', { ...public_, channel_username: '' }],
          ['/sources/private', { ...public_, channel_id: '', session_id: 1 }],
        ];
        for (const [path, body] of refused) {
          const { status } = await service.as('admin').post(path).send(body);
          expect([path, status]).toEqual([path, 400]);
          const form = await service.as('admin').post(path).type('form').send(body);
          expect([path, form.status]).toEqual([path, 400]);
        }
      },
      { files: some(1) },
    ),
  );

  it(
    'defers to the query, or to the same field of a form',
    withEveryRoute(async (app, routes) => {
      const session = routes.find(({ summary, method }) => /^Lease/.test(summary) && method === 'post');
      const ask = () => request(app.server).post(`${session?.path}?ttl=60&tag=`);
      expect((await ask().send({ ttl: null }).expect(200)).body).toMatchObject({ ttl: 60 });
      const form = await ask().type('form').send('ttl=&tag=&tag=eu').expect(200);
      expect(form.body).toMatchObject({ ttl: 60, tag: ['eu'] });
    }),
  );

  it(
    'is not the same as a flag: bare in a query, that means yes',
    withService(async (service) => {
      const bare = await service.as('admin').post('/sync?dry_run').expect(200);
      expect(bare.body).toMatchObject({ dry_run: true });
      const form = await service.as('admin').post('/sync').type('form').send('dry_run=').expect(200);
      expect(form.body).toMatchObject({ dry_run: false });
    }),
  );
});
