import { describe, expect, it } from '@jest/globals';
import { some, withService } from '../service/service.js';

describe('GET /session without a free session', () => {
  it(
    'describes the requested tags, not the whole pool',
    withService(
      async (service) => {
        const admin = service.as('admin');
        await admin
          .put('/sessions/1')
          .send({ tags: ['de'] })
          .expect(200);
        await admin
          .put('/sessions/2')
          .send({ tags: ['de'] })
          .expect(200);
        await admin.post('/floodwait').send({ session_id: 1, wait_seconds: 500 }).expect(200);
        await admin.post('/invalidate').send({ session_id: 2 }).expect(200);
        await admin.post('/floodwait').send({ session_id: 3, wait_seconds: 7 }).expect(200);
        await service.lease('session_id=4');
        const german = await service.as('worker').get('/session?tag=de').expect(503);
        expect(german.headers['retry-after']).toBe('500');
        expect(german.body.detail).toMatchObject({ in_floodwait: 2, next_release_in: 500, in_use: 0 });
        const any = await service.as('worker').get('/session').expect(503);
        expect(any.headers['retry-after']).toBe('1');
        expect(any.body.detail).toMatchObject({ in_floodwait: 3, next_release_in: 7, in_use: 1 });
      },
      { files: some(4) },
    ),
  );

  it(
    'gives no time for a session that only an admin can free: retry in a minute',
    withService(
      async (service) => {
        await service.as('admin').post('/invalidate').send({ session_id: 1 }).expect(200);
        for (const query of ['session_id=1', 'session_name=s001', 'tag=nobody-has-it']) {
          const none = await service.as('worker').get(`/session?${query}`).expect(503);
          expect(none.headers['retry-after']).toBe('60');
          expect(none.body.detail.next_release_in).toBeNull();
        }
        expect((await service.status()).next_available).toBeNull();
      },
      { files: some(2) },
    ),
  );

  it(
    'agrees with /status about a session with a method flood: a plain request could not get it',
    withService(
      async (service) => {
        const flood = { session_id: 1, wait_seconds: 45, method: 'messages.search' };
        await service.as('admin').post('/floodwait').send(flood).expect(200);
        expect(await service.status()).toMatchObject({
          ...{ total: 1, free: 0, in_floodwait: 1, flooded_for_methods: 1, unavailable: 0 },
          next_available: '2025-03-01 12:00:45',
        });
        const plain = await service.as('worker').get('/session').expect(503);
        expect(plain.headers['retry-after']).toBe('45');
        expect(plain.body.detail).toMatchObject({ in_floodwait: 1, next_release_in: 45 });
        await service.lease('method=users.getUsers');
        expect(await service.status()).toMatchObject({ free: 0, in_use: 1, in_floodwait: 0 });
      },
      { files: some(1) },
    ),
  );

  it(
    'describes what was requested, also after waiting without success',
    withService(
      async (service) => {
        await service.as('admin').post('/invalidate').send({ session_id: 1 }).expect(200);
        await service.lease('session_id=2');
        const held = service
          .as('worker')
          .get('/session?session_id=1&wait=5')
          .expect(503)
          .then((answer) => answer);
        await service.time.advance(0);
        while ((await service.status()).waiting === 0) await service.time.advance(0);
        await service.time.advance(5);
        expect((await held).headers['retry-after']).toBe('60');
      },
      { files: some(2) },
    ),
  );
});
