import { describe, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import { some, withService } from '../service/service.js';

/** Routes that need a session's id, with their other required fields. */
const NEEDY: readonly [string, Readonly<Record<string, string | number>>][] = [
  ['/release', {}],
  ['/invalidate', {}],
  ['/restore', {}],
  ['/heartbeat', { lease_id: 'L' }],
  ['/floodwait', { wait_seconds: 5 }],
  ['/report', { lease_id: 'L', error: 'TIMEOUT' }],
];

const WRONG_IDS = [
  '',
  'abc',
  '1.5',
  '42abc',
  '-1',
  '0',
  '9223372036854775808',
  ' 1',
  '+1',
  '0x1',
  '1e3',
  'NaN',
  '١',
];

function expectIssue(answer: Response, where: string, field: string, type?: string): void {
  expect([where, answer.status]).toEqual([where, 422]);
  const issue = { loc: [where, field], msg: expect.any(String), type: type ?? expect.any(String) };
  expect(answer.body).toEqual({ detail: [issue], code: 'invalid_input', field });
}

describe('a session_id', () => {
  it(
    'that is missing is named as missing, on every route that needs it',
    withService(async (service) => {
      for (const [path, rest] of NEEDY) {
        const bare = await service.as('admin').post(path).query(rest);
        expectIssue(bare, 'query', 'session_id', 'missing');
        expectIssue(await service.as('admin').post(path).send(rest), 'query', 'session_id', 'missing');
      }
    }),
  );

  it.each(WRONG_IDS)(
    '%j is not an id: in the query, a form, a multipart form, JSON, and for /session',
    (session_id) =>
      withService(
        async (service) => {
          for (const [path, rest] of NEEDY) {
            const ask = () => service.as('admin').post(path);
            expectIssue(await ask().query({ ...rest, session_id }), 'query', 'session_id');
            expectIssue(
              await ask()
                .type('form')
                .send({ ...rest, session_id }),
              'body',
              'session_id',
            );
            const multipart = ask().query(rest).field('session_id', session_id);
            expectIssue(await multipart, 'body', 'session_id');
            expectIssue(await ask().send({ ...rest, session_id }), 'body', 'session_id');
          }
          // An empty value counts as absent if the field is optional.
          if (session_id !== '')
            expectIssue(
              await service.as('worker').get('/session').query({ session_id }),
              'query',
              'session_id',
            );
          expectIssue(await service.as('worker').post('/session').send({ session_id }), 'body', 'session_id');
          expect(await service.status()).toMatchObject({ free: 1 });
        },
        { files: some(1) },
      )(),
  );

  it.each([
    '1.5',
    '-1',
    '9223372036854775808',
    '1e400',
    'true',
    'null',
    '[1]',
    '{"id": 1}',
    '{"toString": 1, "valueOf": 1}',
  ])('%s is not an id in JSON, even next to one in the query', (json) =>
    withService(async (service) => {
      const send = (path: string) =>
        service.as('admin').post(path).type('json').send(`{"session_id": ${json}}`);
      expectIssue(await send('/release'), 'body', 'session_id');
      expectIssue(await send('/release?session_id=1'), 'body', 'session_id');
    })(),
  );

  it(
    'given twice is rejected, unless query and body agree',
    withService(async (service) => {
      for (const [path, rest] of NEEDY) {
        const ask = () => service.as('admin').post(path).query(rest);
        expectIssue(
          await service.as('admin').post(`${path}?session_id=1&session_id=1`).query(rest),
          'query',
          'session_id',
        );
        expectIssue(await ask().type('form').send('session_id=1&session_id=2'), 'body', 'session_id');
        expectIssue(await ask().field('session_id', '1').field('session_id', '1'), 'body', 'session_id');
        expectIssue(await ask().query({ session_id: 1 }).send({ session_id: 2 }), 'body', 'session_id');
      }
      await service.as('admin').post('/release?session_id=1').send({ session_id: 1 }).expect(200);
    }),
  );

  it(
    'is accepted in query, form, multipart form or JSON, as number or digits',
    withService(async (service) => {
      const ask = () => service.as('worker').post('/release');
      const released = { status: 'released', session_id: 42 };
      expect((await ask().query({ session_id: 42 })).body).toEqual(released);
      expect((await ask().type('form').send({ session_id: 42 })).body).toEqual(released);
      expect((await ask().field('session_id', '42')).body).toEqual(released);
      expect((await ask().send({ session_id: 42 })).body).toEqual(released);
      expect((await ask().send({ session_id: '42' })).body).toEqual(released);
    }),
  );
});

describe('a number of seconds', () => {
  const of: readonly [string, string, readonly (string | number)[]][] = [
    ['/session', 'ttl', [0, -1, 86_401, 1.5, 'abc', '', 1e30]],
    ['/session', 'wait', [-1, 61, 0.5, 'long', '']],
    ['/heartbeat', 'ttl', [0, -5, 86_401, 'x']],
    ['/floodwait', 'wait_seconds', [-1, 1e15, 2.5, 'x', '']],
    ['/release', 'flood_wait', [-1, 1e15, 'x']],
  ];

  it.each(of)(
    'for %s: a negative or absurd %s is rejected by name, and changes nothing',
    (path, field, values) =>
      withService(
        async (service) => {
          const needed = path === '/session' ? {} : { session_id: 1, lease_id: 'L' };
          for (const value of values) {
            const answer = await service
              .as('worker')
              .post(path)
              .send({ ...needed, [field]: value });
            expectIssue(answer, 'body', field);
          }
          expect(await service.status()).toMatchObject({ free: 1 });
        },
        { files: some(1) },
      )(),
  );

  it(
    'is required where it is needed',
    withService(async (service) => {
      expectIssue(
        await service.as('worker').post('/floodwait?session_id=1'),
        'query',
        'wait_seconds',
        'missing',
      );
    }),
  );
});
