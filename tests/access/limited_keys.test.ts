import { describe, expect, it } from '@jest/globals';
import { listen } from '../http/listener.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';

/** A new key, and requests with it. */
async function withKey(service: Service, wish: object) {
  const { body } = await service
    .as('admin')
    .post('/keys')
    .send({ name: 'k', role: 'worker', ...wish })
    .expect(201);
  const { id, key } = body as { readonly id: number; readonly key: string };
  const send = (verb: 'get' | 'post', path: string) => service.as(null)[verb](path).set('X-API-Key', key);
  return { id, key, get: (path: string) => send('get', path), post: (path: string) => send('post', path) };
}

describe('a key that expires', () => {
  it(
    'is invalid from then on, and shows when it expires',
    withService(
      async (service) => {
        const expires_at = new Date(service.time.wall() + 60_000).toISOString();
        const key = await withKey(service, { expires_at });
        expect((await key.get('/keys/self').expect(200)).body).toMatchObject({ expires_at });
        await service.time.advance(59.999);
        await key.get('/status').expect(200);
        await service.time.advance(0.001);
        expect((await key.get('/status').expect(403)).body).toEqual({
          detail: 'Invalid API key',
          code: 'invalid_api_key',
        });
      },
      { files: some(1) },
    ),
  );

  it(
    'is not created for a time in the past',
    withService(async (service) => {
      const expires_at = new Date(service.time.wall()).toISOString();
      const refused = await service.as('admin').post('/keys').send({ name: 'k', role: 'worker', expires_at });
      expect([refused.status, refused.body.detail[0].loc]).toEqual([422, ['body', 'expires_at']]);
    }),
  );

  it(
    'has its event streams ended at that moment',
    withService(async (service) => {
      const expires_at = new Date(service.time.wall() + 60_000).toISOString();
      const { key } = await withKey(service, { role: 'monitor', expires_at });
      const listener = await listen(service, key);
      await service.time.advance(60);
      await listener.ended;
    }),
  );
});

describe('a revoked key', () => {
  it(
    'has its event streams ended at once',
    withService(async (service) => {
      const { id, key } = await withKey(service, { role: 'monitor' });
      const listener = await listen(service, key);
      await until(() => listener.heard().includes('event: status'));
      await service.as('admin').delete(`/keys/${id}`).expect(200);
      await listener.ended;
    }),
  );

  it(
    'keeps its leases until they expire',
    withService(
      async (service) => {
        const key = await withKey(service, {});
        await key.get('/session?ttl=600').expect(200);
        await service.as('admin').delete(`/keys/${key.id}`).expect(200);
        expect(await service.status()).toMatchObject({ in_use: 1 });
      },
      { files: some(1) },
    ),
  );

  it(
    'loses its leases with end_leases, and each session cools down',
    withService(
      async (service) => {
        const key = await withKey(service, {});
        for (let leases = 0; leases < 3; leases += 1) await key.get('/session?ttl=600').expect(200);
        await service.lease('', 'rival');
        await service.as('admin').delete(`/keys/${key.id}?end_leases=true`).expect(200);
        expect(await service.status()).toMatchObject({ in_use: 1, unavailable_reasons: { cooldown: 3 } });
        await service.time.advance(59.999);
        await service.as('worker').get('/session').expect(503);
        await service.time.advance(0.001);
        await service.lease();
      },
      { files: some(4) },
    ),
  );
});

describe('a key limited to tags', () => {
  it(
    'leases and sees only sessions that have all of them',
    withService(
      async (service) => {
        for (const [id, tags] of [
          [1, ['a']],
          [2, ['a', 'b']],
          [3, []],
        ] as const) {
          await service.as('admin').put(`/sessions/${id}`).send({ tags }).expect(200);
        }
        const worker = await withKey(service, { tags: ['a', 'b'] });
        expect((await worker.get('/status').expect(200)).body).toMatchObject({ total: 1, free: 1 });
        await worker.get('/session?session_id=1').expect(404);
        expect((await worker.get('/session').expect(200)).body.session_id).toBe(2);
        await worker.get('/session').expect(503);
        await service.lease('session_id=1', 'rival');
        const monitor = await withKey(service, { role: 'monitor', tags: ['a', 'b'] });
        const ids = async (path: string, field: string) =>
          (await monitor.get(path).expect(200)).body.map((row: Record<string, unknown>) => row[field]);
        expect(await ids('/sessions', 'id')).toEqual([2]);
        const counted = await monitor.get('/sessions?sort=-name').expect('X-Total-Count', '1');
        expect(counted.body).toHaveLength(1);
        expect(await ids('/leases', 'session_id')).toEqual([2]);
        await monitor.get('/sessions/1').expect(404);
        await monitor.get('/sessions/1/history').expect(404);
        await monitor.get('/sessions/2/history').expect(200);
      },
      { files: some(3) },
    ),
  );

  it(
    'can do nothing to any other session, as if it did not exist',
    withService(
      async (service) => {
        const worker = await withKey(service, { tags: ['a'] });
        const mine = { session_id: 1 };
        await worker.post('/release').send(mine).expect(200);
        await worker.post('/invalidate').send(mine).expect(200);
        await worker
          .post('/floodwait')
          .send({ ...mine, wait_seconds: 5 })
          .expect(404);
        expect(await service.status()).toMatchObject({ free: 1, invalidated: 0 });
      },
      { files: some(1) },
    ),
  );
});
