import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { exactJson } from '../../src/http/exact_json.js';
import { wholeNumber } from '../../src/http/parameters.js';
import { defineRoute, type Route } from '../../src/http/route.js';
import { type SmallApp, withRoutes } from './small_app.js';

/** Returns its input; for `whole`, as parsed by its schema. */
const echo: Route = defineRoute({
  method: 'post',
  path: '/echo',
  tag: 'Test',
  summary: 'Echo',
  access: 'public',
  from: 'any',
  input: z.looseObject({ whole: wholeNumber(1, 1000).optional() }),
  responses: { 200: { description: 'What came' } },
  handle: ({ input }) => ({ body: exactJson(input) }),
});

function exact(test: (app: SmallApp) => Promise<void>): () => Promise<void> {
  return withRoutes([echo], test);
}

function send({ server }: SmallApp, json: string): request.Test {
  return request(server).post('/echo').type('json').send(json);
}

describe('a body of JSON', () => {
  it.each([
    '{"id":1234567890123456789}',
    '{"id":-1001234567890123456}',
    '{"ids":[9007199254740993,{"deep":-9223372036854775808}],"text":"9007199254740993"}',
    '{"number":9007199254740991,"negative":-9007199254740991,"zero":0,"half":0.5,"large":1e+300}',
    '{"nothing":null,"yes":true,"no":false,"empty":{},"list":[],"text":"\\"\\\\\\n\\u0000é"}',
  ])('round-trips without losing a digit: %s', (json) =>
    exact(async (app) => {
      const answer = await send(app, json).expect(200);
      expect(answer.text).toBe(json);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    })(),
  );

  it(
    'with a duplicate key is accepted if the values are the same, and rejected by name if not',
    exact(async (app) => {
      expect((await send(app, '{"a":[1],"a":[1]}').expect(200)).text).toBe('{"a":[1]}');
      for (const json of ['{"key":1,"key":2}', '{"b":[{"key":1,"key":"1"}]}', '{"key":1,"\\u006bey":2}']) {
        const { body } = await send(app, json).expect(422);
        expect(body.detail).toEqual([
          { loc: ['body'], msg: 'the key "key" appears twice, with different values', type: 'value_error' },
        ]);
      }
    }),
  );

  it(
    'never changes a prototype, whatever its keys',
    exact(async (app) => {
      for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
        const { body } = await send(app, `{"${key}":{"whole":"none","polluted":1},"whole":7}`).expect(200);
        expect(body.whole).toBe(7);
      }
      expect(({} as Record<string, unknown>).polluted).toBe(undefined);
    }),
  );

  it(
    'nested thousands deep, or with a number of thousands of digits, does no harm',
    exact(async (app) => {
      const deep = `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
      const { body } = await send(app, deep).expect(422);
      expect(body.detail[0]).toMatchObject({ loc: ['body'], type: 'json_invalid' });
      const long = await send(app, `{"whole":${'9'.repeat(60_000)}}`).expect(422);
      expect(long.body.detail[0]).toMatchObject({ loc: ['body', 'whole'], type: 'int_parsing' });
      await send(app, '{"whole":1}').expect(200);
    }),
  );

  it.each(['{"a":01}', '{"a":.5}', '{"a":1,}', '[1,]', '{"a":"\n"}', "{'a':1}", '{"a":1}x', '{"a"}', ' '])(
    'that is not JSON is rejected: %j',
    (json) =>
      exact(async (app) => {
        const { body } = await send(app, json).expect(422);
        expect(body.detail).toEqual([
          { loc: ['body'], msg: 'the body is not valid JSON', type: 'json_invalid' },
        ]);
      })(),
  );
});

it(
  'a whole number too large for a number is rejected as too large',
  exact(async (app) => {
    const { body } = await send(app, '{"whole":1234567890123456789}').expect(422);
    expect(body.detail[0]).toMatchObject({ loc: ['body', 'whole'], type: 'less_than_equal' });
  }),
);

describe('JSON output', () => {
  it('contains bigints as plain integers, and everything else as usual', () => {
    const value = {
      id: 1234567890123456789n,
      ids: [-1001234567890123456n, 0n],
      date: new Date(0),
      nothing: undefined,
      none: null,
      list: [undefined, Number.NaN],
    };
    expect(exactJson(value)).toBe(
      '{"id":1234567890123456789,"ids":[-1001234567890123456,0],"date":"1970-01-01T00:00:00.000Z","none":null,"list":[null,null]}',
    );
    expect(exactJson(undefined)).toBe('null');
  });
});
