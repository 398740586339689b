import { describe, expect, it } from '@jest/globals';
import { KEYS, some, withService } from '../service/service.js';

describe('a lease', () => {
  it(
    'is renewed by its heartbeat for its ttl, or for the requested one',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('ttl=100');
        await service.time.advance(50);
        const beat = (body: object) =>
          service
            .as('worker')
            .post('/heartbeat')
            .send({ session_id, lease_id, ...body });
        const expires_at = new Date(service.time.wall() + 100_000).toISOString();
        expect((await beat({}).expect(200)).body).toEqual({
          status: 'renewed',
          session_id,
          lease_id,
          expires_at,
        });
        const longer = (await beat({ ttl: 500 }).expect(200)).body.expires_at;
        expect(longer).toBe(new Date(service.time.wall() + 500_000).toISOString());
        const lost = await beat({ lease_id: 'older' }).expect(409);
        expect(lost.body).toEqual({ detail: { error: 'lease_lost', session_id }, code: 'lease_lost' });
      },
      { files: some(1) },
    ),
  );

  it(
    'ends with its release, which can be repeated; a release of an unknown session is accepted and logged',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        for (const body of [
          { session_id, lease_id },
          { session_id, lease_id },
          { session_id },
          { session_id: 999 },
        ]) {
          const answer = await service.as('worker').post('/release').send(body).expect(200);
          expect(answer.body).toEqual({ status: 'released', session_id: body.session_id });
        }
        expect(
          service.log.filter((line) => line.includes('not leased') && line.includes('999')),
        ).toHaveLength(1);
        expect((await service.status()).free).toBe(1);
      },
      { files: some(1) },
    ),
  );

  it(
    'cannot be ended by another key, unless it is an admin key, nor with an outdated lease id',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const rival = await service.as('rival').post('/release').send({ session_id }).expect(409);
        expect(rival.body).toEqual({
          detail: { error: 'not_lease_holder', session_id },
          code: 'not_lease_holder',
        });
        const stale = await service
          .as('admin')
          .post('/release')
          .send({ session_id, lease_id: 'older' })
          .expect(409);
        expect(stale.body).toEqual({ detail: { error: 'lease_lost', session_id }, code: 'lease_lost' });
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        await service.as('admin').post('/release').send({ session_id }).expect(200);
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(409);
      },
      { files: some(1) },
    ),
  );

  it(
    'and its id survive a restart of the service',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        await service.stop();
        await service.start();
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        await service.as('rival').get('/session').set('Authorization', `Bearer ${KEYS.rival}`).expect(503);
      },
      { files: some(1) },
    ),
  );
});
