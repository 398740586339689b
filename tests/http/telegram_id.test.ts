import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { createOpenApi } from '../../src/http/openapi.js';
import { telegramId } from '../../src/http/parameters.js';
import { defineRoute } from '../../src/http/route.js';
import { type SmallApp, withRoutes } from './small_app.js';

/** Returns the id as its schema parsed it. */
const route = defineRoute({
  method: 'post',
  path: '/id',
  tag: 'Test',
  summary: 'Takes an id',
  access: 'public',
  from: 'any',
  input: z.object({ id: telegramId }),
  responses: { 200: { description: 'The id' } },
  handle: ({ input }) => ({ body: { id: input.id } }),
});

function exact(test: (app: SmallApp) => Promise<void>): () => Promise<void> {
  return withRoutes([route], test);
}

function send({ server }: SmallApp, query: string, json: string): request.Test {
  return request(server).post(`/id${query}`).type('json').send(json);
}

describe('an id of Telegram`s', () => {
  it.each([
    ['1', '1'],
    ['"1"', '1'],
    ['-1001234567890', '-1001234567890'],
    ['1234567890123456789', '1234567890123456789'],
    ['"-9223372036854775808"', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
    ['"007"', '7'],
    ['-0', '0'],
  ])('may be a number or digits: %s', (json, id) =>
    exact(async (app) => {
      expect((await send(app, '', `{"id":${json}}`).expect(200)).body).toEqual({ id });
    })(),
  );

  it.each([
    ['9223372036854775808', 'less_than_equal'],
    ['"-9223372036854775809"', 'greater_than_equal'],
    ['1.5', 'int_parsing'],
    ['1e17', 'int_parsing'],
    ['"1e3"', 'int_parsing'],
    ['""', 'int_parsing'],
    ['" 1"', 'int_parsing'],
    ['true', 'int_parsing'],
    ['null', 'int_parsing'],
    ['{}', 'int_parsing'],
    ['[1]', 'value_error'],
  ])('may be nothing else: %s', (json, type) =>
    exact(async (app) => {
      const { body } = await send(app, '', `{"id":${json}}`).expect(422);
      const msg = expect.stringContaining('a whole number from -9223372036854775808 to 9223372036854775807');
      expect(body.detail).toEqual([{ loc: ['body', 'id'], msg, type }]);
    })(),
  );

  it(
    'may be in the query if the body has the same or none',
    exact(async (app) => {
      const id = '1234567890123456789';
      expect((await send(app, `?id=${id}`, `{"id":${id}}`).expect(200)).body).toEqual({ id });
      await send(app, `?id=${id}`, '{"id":1234567890123456788}').expect(422);
      expect((await send(app, '', '{}').expect(422)).body.detail[0].type).toBe('missing');
    }),
  );

  it('is a 64-bit integer in the API’s document', () => {
    const document = JSON.parse(JSON.stringify(createOpenApi([route], '1')));
    const { schema } = document.paths['/id'].post.requestBody.content['application/json'];
    expect(schema.properties.id).toEqual({ type: 'integer', format: 'int64' });
  });
});
