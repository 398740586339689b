import { describe, expect, it } from '@jest/globals';
import { some, withService } from '../service/service.js';

describe('GET /status', () => {
  it(
    'counts every session once, and gives the earliest end of a flood wait',
    withService(
      async (service) => {
        const post = (path: string, body: object) => service.as('admin').post(path).send(body).expect(200);
        for (const id of [1, 2]) await service.lease(`session_id=${id}`);
        await post('/floodwait', { session_id: 3, wait_seconds: 90.0 });
        await post('/floodwait', { session_id: 4, wait_seconds: 7 });
        await post('/invalidate', { session_id: 5 });
        await service.as('admin').put('/sessions/6').send({ is_active: 'inactive' }).expect(200);
        await service.time.advance(3);
        expect(await service.status()).toEqual({
          total: 10,
          free: 3,
          in_use: 2,
          in_floodwait: 3,
          next_available: '2025-03-01 12:00:07',
          invalidated: 1,
          unavailable: 2,
          unavailable_reasons: { dead: 1, inactive: 1 },
          flooded_for_methods: 0,
          ...{ limited: 0, frozen: 0 },
          waiting: 0,
          oldest_lease_seconds: 3,
        });
      },
      {
        files: {
          ...Object.fromEntries(some(9).map((path) => [path, ''])),
          'torn.session': 'SQLite format 3\0',
        },
      },
    ),
  );

  it(
    'of an empty pool is all zeros and nulls',
    withService(async (service) => {
      expect(await service.status()).toMatchObject({
        total: 0,
        free: 0,
        in_use: 0,
        in_floodwait: 0,
        next_available: null,
        oldest_lease_seconds: null,
      });
      const none = await service.as('worker').get('/session').expect(503);
      expect(none.body.detail).toMatchObject({
        error: 'no_free_session',
        in_floodwait: 0,
        next_release_in: null,
      });
    }),
  );

  it(
    'rounds the earliest end up to the whole second',
    withService(
      async (service) => {
        await service.time.advance(0.25);
        await service.as('admin').post('/floodwait').send({ session_id: 1, wait_seconds: 5 }).expect(200);
        expect((await service.status()).next_available).toBe('2025-03-01 12:00:06');
      },
      { files: some(1) },
    ),
  );
});

describe('GET /leases', () => {
  it(
    'lists holders, sessions and times, a page at a time',
    withService(
      async (service) => {
        const { lease_id, expires_at } = await service.lease('ttl=100');
        await service.time.advance(10);
        await service.lease('', 'rival');
        const { body } = await service.as('admin').get('/leases').expect(200);
        expect(body).toHaveLength(2);
        expect(body[0]).toEqual({
          session_id: 1,
          session_name: 's001',
          lease_id,
          holder: expect.stringMatching(/^env:[0-9a-f]{12}$/),
          holder_name: expect.stringMatching(/^API_KEYS [0-9a-f]{12}$/),
          address: '127.0.0.1',
          leased_at: '2025-03-01T12:00:00.000Z',
          expires_at,
          renewed: false,
          held_seconds: 10,
          egress: null,
        });
        expect((await service.as('admin').get('/leases?skip=1&limit=1')).body).toMatchObject([
          { session_id: 2 },
        ]);
        for (const query of ['limit=0', 'limit=1001', 'limit=x', 'skip=-1']) {
          await service.as('admin').get(`/leases?${query}`).expect(422);
        }
      },
      { files: some(2) },
    ),
  );
});

describe('GET /sessions', () => {
  it(
    'lists the sessions and shows one, with tags and activity as set by an admin',
    withService(
      async (service) => {
        const put = (body: object) => service.as('admin').put('/sessions/1').send(body);
        expect((await put({ tags: ['a'], is_active: 'inactive' }).expect(200)).body).toMatchObject({
          id: 1,
          name: 's001',
          session_name: 's001',
          is_active: 'inactive',
          status: 'inactive',
          tags: ['a'],
        });
        expect((await put({ is_active: 'active' })).body).toMatchObject({
          is_active: 'active',
          status: 'free',
          tags: ['a'],
        });
        const { body } = await service.as('monitor').get('/sessions?limit=1').expect(200);
        expect(body).toHaveLength(1);
        expect((await service.as('monitor').get('/sessions/1').expect(200)).body).toEqual(body[0]);
        expect((await service.as('monitor').get('/sessions/9').expect(404)).body).toEqual({
          detail: 'Session not found',
          code: 'session_not_found',
        });
        await put({ is_active: 'sometimes' }).expect(422);
        await put({ tags: 'a' }).expect(422);
      },
      { files: some(2) },
    ),
  );
});
