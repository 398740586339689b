import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { some, withService } from '../service/service.js';
import { hold, inQueue, release } from './holding.js';

describe('waiting requests', () => {
  it(
    'are served in the order in which they arrived',
    withService(
      async (service) => {
        const { session_id } = await service.lease();
        const order: string[] = [];
        const held = [];
        for (const [index, name] of ['first', 'second', 'third'].entries()) {
          held.push(hold(service, 'wait=60', name, order));
          await inQueue(service, index + 1);
        }
        expect(await service.status()).toMatchObject({ waiting: 3, in_use: 1 });
        for (const waiting of [2, 1, 0]) {
          await release(service, session_id);
          await inQueue(service, waiting);
        }
        const answers = await Promise.all(held);
        expect(order).toEqual(['first', 'second', 'third']);
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
        expect(new Set(answers.map(({ body }) => body.lease_id)).size).toBe(3);
      },
      { files: some(1) },
    ),
  );

  it(
    'are listed: who waits, for what, since when and until when',
    withService(
      async (service) => {
        await service
          .as('admin')
          .put('/sessions/1')
          .send({ tags: ['eu'] });
        const { session_id } = await service.lease();
        const held = hold(service, 'wait=30&tag=eu&method=messages.getHistory', 'held', []);
        await inQueue(service, 1);
        const { body } = await service.as('monitor').get('/status/waiting').expect(200);
        expect(body).toMatchObject({ here: 1, elsewhere: 0 });
        const [request] = body.requests;
        expect(request).toMatchObject({ tags: ['eu'], method: 'messages.gethistory', session_id: null });
        expect(Date.parse(request.until) - Date.parse(request.since)).toBe(30_000);
        await service.as('worker').get('/status/waiting').expect(403);
        await release(service, session_id);
        await held;
        const after = await service.as('monitor').get('/status/waiting').expect(200);
        expect(after.body).toEqual({ here: 0, elsewhere: 0, requests: [] });
      },
      { files: some(1) },
    ),
  );

  it(
    'are not overtaken by one that does not wait',
    withService(
      async (service) => {
        const { session_id } = await service.lease();
        const held = hold(service, 'wait=60', 'held', []);
        await inQueue(service, 1);
        const [hasty] = await Promise.all([
          service.as('rival').get('/session?wait=0'),
          release(service, session_id),
        ]);
        expect(hasty.status).toBe(503);
        expect((await held).status).toBe(200);
      },
      { files: some(1) },
    ),
  );

  it(
    'let requests pass that want what they cannot use',
    withService(
      async (service) => {
        await service
          .as('admin')
          .put('/sessions/2')
          .send({ tags: ['de'] });
        const [one, two] = [await service.lease('session_id=1'), await service.lease('session_id=2')];
        const order: string[] = [];
        const picky = hold(service, 'wait=60&tag=de', 'picky', order);
        await inQueue(service, 1);
        const easy = hold(service, 'wait=60', 'easy', order);
        await inQueue(service, 2);
        await release(service, one.session_id);
        expect((await easy).body.session_id).toBe(1);
        await release(service, two.session_id);
        expect((await picky).body.session_id).toBe(2);
        expect(order).toEqual(['easy', 'picky']);
      },
      { files: some(2) },
    ),
  );

  it(
    'are rejected when their time is over, and not before',
    withService(
      async (service) => {
        await service.lease();
        const order: string[] = [];
        const held = hold(service, 'wait=20', 'held', order);
        await inQueue(service, 1);
        await service.time.advance(19.9);
        expect(order).toEqual([]);
        await service.time.advance(0.2);
        const answer = await held;
        expect(answer.status).toBe(503);
        expect(answer.body.detail.error).toBe('no_free_session');
        expect(service.container.pool.waiting).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'get what becomes free by itself: an expired lease, an ended flood wait or cool-down',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('ttl=10');
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        await service.as('admin').post('/floodwait').send({ session_id: 2, wait_seconds: 5 }).expect(200);
        const order: string[] = [];
        const flooded = hold(service, 'wait=60', 'flooded', order);
        await inQueue(service, 1);
        const cooled = hold(service, 'wait=60', 'cooled', order);
        await inQueue(service, 2);
        await service.time.advance(6);
        expect((await flooded).body.session_id).toBe(2);
        await service.time.advance(9);
        await until(async () => (await service.status()).unavailable === 1);
        expect(order).toEqual(['flooded']);
        await service.time.advance(8);
        expect((await cooled).body.session_id).toBe(1);
      },
      { files: some(2) },
    ),
  );

  it(
    'get a session that is new, restored or activated',
    withService(async (service) => {
      const fresh = hold(service, 'wait=60', 'fresh', []);
      await inQueue(service, 1);
      service.write('new.session');
      await service.as('admin').post('/sync').expect(200);
      const { session_id } = (await fresh).body;
      await release(service, session_id);
      await service.as('admin').post('/invalidate').send({ session_id }).expect(200);
      const restored = hold(service, 'wait=60', 'restored', []);
      await inQueue(service, 1);
      await service.as('admin').post('/restore').send({ session_id }).expect(200);
      expect((await restored).status).toBe(200);
    }),
  );
});
