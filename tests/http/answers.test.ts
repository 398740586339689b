import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';

/** Routes that answer 200 without further input, by role. */
const PLAIN: readonly ['get' | 'post', string][] = [
  ['get', '/status'],
  ['get', '/leases'],
  ['get', '/sessions'],
  ['get', '/sessions/1'],
  ['get', '/sessions/1/history'],
  ['get', '/keys'],
  ['get', '/metrics'],
  ['get', '/health'],
  ['get', '/ready'],
  ['get', '/openapi.json'],
  ['post', '/sync'],
  ['post', '/release?session_id=9'],
  ['post', '/invalidate?session_id=9'],
  ['post', '/restore?session_id=1'],
  ['post', '/floodwait?session_id=2&wait_seconds=1'],
  ['get', '/session?session_id=1'],
  ['get', '/docs'],
];

function variants(path: string): string[] {
  const [plain = '', query = ''] = path.split('?');
  const ending = query === '' ? '' : `?${query}`;
  return ['', '/api/v1'].flatMap((prefix) => ['', '/'].map((slash) => `${prefix}${plain}${slash}${ending}`));
}

describe('every route', () => {
  it.each(PLAIN)('answers with and without a trailing slash, and under /api/v1: %s %s', (verb, path) =>
    withService(
      async (service) => {
        for (const variant of variants(path)) {
          if (path.startsWith('/session?'))
            await service.as('admin').post('/release?session_id=1').expect(200);
          const { status } = await service.as('admin')[verb](variant).redirects(1);
          expect([variant, status]).toEqual([variant, 200]);
        }
      },
      { files: some(2) },
    )(),
  );

  it(
    'called with another method lists the allowed ones',
    withService(async (service) => {
      for (const path of ['/status', '/api/v1/status/']) {
        const answer = await service.as('admin').delete(path).expect(405);
        expect(answer.headers.allow).toContain('GET');
        expect(answer.body).toEqual({ detail: 'Method Not Allowed', code: 'method_not_allowed' });
      }
    }),
  );

  it.each([
    '/nothing',
    '/api/v1/nothing',
    '/api/v2/status',
    '/session/1',
    '/sessions/1/2/3',
    '/..%2f..%2fetc',
  ])('that does not exist is 404: %s', (path) =>
    withService(async (service) => {
      const answer = await service.as('admin').get(path).expect(404);
      expect(answer.body).toEqual({ detail: 'Not Found', code: 'path_not_found' });
    })(),
  );

  it.each(['/sessions/abc', '/sessions/1.5', '/sessions/-1', '/sessions/9223372036854775808', '/keys/x'])(
    'with a wrong id in its path is 422: %s',
    (path) =>
      withService(async (service) => {
        const verb = path.startsWith('/keys') ? 'delete' : 'get';
        const answer = await service.as('admin')[verb](path).expect(422);
        expect(answer.body.detail[0].loc).toEqual(['path', 'id']);
      })(),
  );

  it(
    'with a path that cannot be decoded is the caller’s mistake',
    withService(async (service) => {
      const answer = await service.as('admin').get('/sessions/%ff');
      expect([400, 404, 422]).toContain(answer.status);
    }),
  );
});

describe('X-Request-Id', () => {
  const sent = async (service: Service, id?: string) => {
    const request = service.as('worker').get('/status');
    return (await (id === undefined ? request : request.set('X-Request-Id', id))).headers['x-request-id'];
  };

  it(
    'is returned as it was sent, if it is valid',
    withService(async (service) => {
      for (const id of ['job-42', 'a:b.c_d', 'x'.repeat(128)]) expect(await sent(service, id)).toBe(id);
    }),
  );

  it(
    'is generated each time if none or an invalid one was sent',
    withService(async (service) => {
      const ids = new Set<string | undefined>();
      for (const id of [undefined, undefined, 'a b', 'x'.repeat(129), '<script>', '{"a":1}']) {
        const given = await sent(service, id);
        expect(given).toMatch(/^[0-9a-f-]{36}$/);
        ids.add(given);
      }
      expect(ids.size).toBe(6);
    }),
  );

  it(
    'is part of error responses as well',
    withService(async (service) => {
      for (const path of ['/nothing', '/session?ttl=x', '/session']) {
        expect((await service.as('worker').get(path).set('X-Request-Id', 'r1')).headers['x-request-id']).toBe(
          'r1',
        );
      }
      expect((await service.as(null).get('/status').set('X-Request-Id', 'r1')).headers['x-request-id']).toBe(
        'r1',
      );
    }),
  );
});

describe('an unexpected error', () => {
  it(
    'is answered with 500 without any detail, and logged with the request id',
    withService(async (service) => {
      service.container.pool.counts = () => Promise.reject(new Error('secret inside: tg_key'));
      const answer = await service.as('worker').get('/status').set('X-Request-Id', 'r500').expect(500);
      expect(answer.body).toEqual({ detail: 'Internal Server Error', code: 'internal_error' });
      expect(answer.text).not.toMatch(/secret|Error:|\.js|\.ts/);
      const line = service.log.find((text) => text.includes('r500'));
      expect(line).toContain('secret inside');
    }),
  );

  it(
    'of the disk is a 503 with Retry-After, without a path or statement',
    withService(
      async (service) => {
        await service.container.database.close();
        const answer = await service.as('worker').get('/session').expect(503);
        expect(answer.body.detail.error).toBe('storage_unavailable');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        expect(answer.text).not.toMatch(/SQLITE|SELECT|\//);
      },
      { files: some(1) },
    ),
  );
});

describe('answers about leases and the pool', () => {
  it(
    'are never cached',
    withService(
      async (service) => {
        for (const path of ['/session', '/status', '/leases', '/sessions', '/session?ttl=0']) {
          const answer = await service.as('admin').get(path);
          expect([path, answer.headers['cache-control']]).toEqual([path, 'no-store']);
        }
      },
      { files: some(1) },
    ),
  );
});
