import { describe, expect, it } from '@jest/globals';
import { some, withService } from '../service/service.js';

const NEW = '/tags/new/limits';

describe('the limit of a tag', () => {
  it(
    'is set, listed, audited and removed by admins only',
    withService(async (service) => {
      const admin = service.as('admin');
      const limit = { tag: 'new', max_uses_per_day: 5, ramp_days: 14 };
      const { tag: _, ...body } = limit;
      await service.as('worker').put(NEW).send(body).expect(403);
      await service.as('monitor').put(NEW).send(body).expect(403);
      expect((await admin.put(NEW).send(body).expect(200)).body).toEqual(limit);
      expect((await service.as('monitor').get('/tags/limits').expect(200)).body).toEqual([limit]);
      await service.as('worker').get('/tags/limits').expect(403);
      const odd = `/tags/${encodeURIComponent('a/b ü')}/limits`;
      expect((await admin.put(odd).send({ max_uses_per_day: 1 }).expect(200)).body).toMatchObject({
        ...{ tag: 'a/b ü', ramp_days: 0 },
      });
      await admin.delete(odd).expect(200);
      await admin.delete(NEW).expect(200);
      await admin.delete(NEW).expect(404);
      const { body: log } = await admin.get('/audit?limit=3').expect(200);
      expect(log).toMatchObject([
        { action: 'tag.unlimit', object: 'tag:new' },
        { action: 'tag.unlimit', object: 'tag:a/b ü' },
        { action: 'tag.limit', object: 'tag:a/b ü' },
      ]);
    }),
  );

  it.each([{}, { max_uses_per_day: 0 }, { max_uses_per_day: 1, ramp_days: 366 }, { max_uses_per_day: 'x' }])(
    'is refused if it is %j',
    (body) =>
      withService(async (service) => {
        await service.as('admin').put(NEW).send(body).expect(422);
      })(),
  );

  it(
    'keeps a session from being leased until the next day, and the refusal says when that is',
    withService(
      async (service) => {
        const admin = service.as('admin');
        await admin
          .put('/sessions/1')
          .send({ tags: ['new'] })
          .expect(200);
        await admin.put(NEW).send({ max_uses_per_day: 2 }).expect(200);
        for (let use = 0; use < 2; use += 1) {
          const { session_id, lease_id } = await service.lease();
          await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        }
        const refused = await service.as('worker').get('/session').expect(503);
        expect(refused.headers['retry-after']).toBe(String(12 * 3600));
        expect(refused.body.detail).toMatchObject({
          next_release_in: 12 * 3600,
          unavailable: { used_up: 1 },
        });
        expect(await service.status()).toMatchObject({
          ...{ free: 0, unavailable: 1, unavailable_reasons: { used_up: 1 } },
          next_available: '2025-03-02 00:00:00',
        });
        expect((await service.as('monitor').get('/sessions/1').expect(200)).body).toMatchObject({
          ...{
            status: 'used_up',
            status_until: '2025-03-02T00:00:00.000Z',
            uses_today: 2,
            max_uses_today: 2,
          },
        });
        expect((await service.as('monitor').get('/status/upcoming').expect(200)).body).toMatchObject([
          { session_id: 1, state: 'used_up', seconds: 12 * 3600 },
        ]);
        await service.time.advance(12 * 3600);
        expect((await service.lease()).session_id).toBe(1);
        expect((await service.as('monitor').get('/sessions/1').expect(200)).body.uses_today).toBe(1);
      },
      { files: some(1) },
    ),
  );
});
