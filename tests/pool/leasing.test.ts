import { describe, expect, it } from '@jest/globals';
import { some, withService } from '../service/service.js';

const LATER = 10_800_000;

describe('GET /session', () => {
  it(
    'leases a session with everything that a worker needs, for three hours by default',
    withService(
      async (service) => {
        const answer = await service.as('worker').get('/session').expect(200);
        expect(answer.body).toEqual({
          session_id: 1,
          session_name: 's001',
          lease_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          expires_at: new Date(service.time.wall() + LATER).toISOString(),
          session_file: 's001.session',
          format: 'unknown',
          phone_number: null,
          proxy: null,
          tags: [],
        });
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['content-type']).toContain('application/json');
      },
      { files: some(1) },
    ),
  );

  it(
    'never leases one session twice, however many ask at once, and says why none is left',
    withService(
      async (service) => {
        const answers = await Promise.all(
          Array.from({ length: 40 }, () => service.as('worker').get('/session')),
        );
        const granted = answers.filter(({ status }) => status === 200).map(({ body }) => body.session_id);
        expect(new Set(granted).size).toBe(25);
        expect(granted).toHaveLength(25);
        const refused = answers.find(({ status }) => status === 503);
        expect(refused?.headers['retry-after']).toBe('1');
        expect(refused?.body).toEqual({
          detail: {
            error: 'no_free_session',
            in_floodwait: 0,
            next_release_in: null,
            in_use: 25,
            unavailable: {},
            flooded_for_methods: 0,
          },
          code: 'no_free_session',
        });
      },
      { files: some(25) },
    ),
  );

  it(
    'leases the least recently used one first',
    withService(
      async (service) => {
        const first = await service.lease();
        const second = await service.lease();
        for (const { session_id } of [second, first]) {
          await service.time.advance(1);
          await service.as('worker').post('/release').send({ session_id }).expect(200);
        }
        const next = [await service.lease(), await service.lease(), await service.lease()];
        expect(next.map(({ session_name }) => session_name)).toEqual(['s003', 's002', 's001']);
      },
      { files: some(3) },
    ),
  );

  it(
    'respects ttl, tags, id and name',
    withService(
      async (service) => {
        await service
          .as('admin')
          .put('/sessions/2')
          .send({ tags: ['de', 'old'] })
          .expect(200);
        await service
          .as('admin')
          .put('/sessions/3')
          .send({ tags: ['de'] })
          .expect(200);
        const tagged = await service.lease('tag=de&tag=old&ttl=90');
        expect(tagged).toMatchObject({ session_id: 2, tags: ['de', 'old'] });
        expect(tagged.expires_at).toBe(new Date(service.time.wall() + 90_000).toISOString());
        await service.as('worker').get('/session?tag=de&tag=old').expect(503);
        expect(await service.lease('session_name=s003')).toMatchObject({ session_id: 3 });
        expect(await service.lease('session_id=4')).toMatchObject({ session_name: 's004' });
        await service.as('worker').get('/session?session_id=4').expect(503);
        const unknown = await service.as('worker').get('/session?session_name=nobody').expect(404);
        expect(unknown.body).toEqual({ detail: 'Session not found', code: 'session_not_found' });
      },
      { files: some(4) },
    ),
  );

  it(
    'also works by POST, with the parameters in query, form or JSON',
    withService(
      async (service) => {
        const { as } = { as: () => service.as('worker').post('/session') };
        expect((await as().query({ session_id: 2 }).expect(200)).body.session_id).toBe(2);
        expect((await as().type('form').send({ session_id: 3 }).expect(200)).body.session_id).toBe(3);
        expect((await as().send({ session_id: 1, ttl: 60 }).expect(200)).body.session_id).toBe(1);
      },
      { files: some(3) },
    ),
  );

  it(
    'returns the same lease for the same Idempotency-Key, and says so when that lease has ended',
    withService(
      async (service) => {
        const ask = () => service.as('worker').get('/session').set('Idempotency-Key', 'job-1');
        const first = (await ask().expect(200)).body;
        expect((await ask().expect(200)).body).toEqual(first);
        expect((await service.status()).in_use).toBe(1);
        await service.as('worker').post('/release').send({ session_id: first.session_id }).expect(200);
        const over = await ask().expect(409);
        expect(over.body).toEqual({
          detail: { error: 'lease_lost', session_id: first.session_id },
          code: 'lease_lost',
        });
        await service.time.advance(601);
        expect((await ask().expect(200)).body.lease_id).not.toBe(first.lease_id);
      },
      { files: some(2) },
    ),
  );

  it(
    'stops at max_leases of the key, and says how many it holds',
    withService(
      async (service) => {
        const made = await service
          .as('admin')
          .post('/keys')
          .send({ name: 'capped', role: 'worker', max_leases: 1 });
        const capped = () => service.as(null).get('/session').set('X-API-Key', made.body.key);
        const { session_id } = (await capped().expect(200)).body;
        const full = await capped().expect(429);
        expect(full.body).toEqual({
          detail: { error: 'max_leases_reached', held: 1, max_leases: 1 },
          code: 'max_leases_reached',
        });
        expect(Number(full.headers['retry-after'])).toBeGreaterThan(0);
        await service
          .as(null)
          .post('/release')
          .set('X-API-Key', made.body.key)
          .send({ session_id })
          .expect(200);
        await capped().expect(200);
      },
      { files: some(3) },
    ),
  );

  it(
    'does not lease for a HEAD request',
    withService(
      async (service) => {
        await service.as('worker').head('/session');
        expect((await service.status()).in_use).toBe(0);
      },
      { files: some(1) },
    ),
  );
});
