import { describe, expect, it } from '@jest/globals';
import type { Test } from 'supertest';
import { type Service, type ServiceOptions, some, type Who, withService } from '../service/service.js';

/** Clients are distinguished by the address that a trusted proxy reports. */
const PROXIED: ServiceOptions = { files: some(1), settings: { TRUST_PROXY: 'loopback' } };

const from = (request: Test, address: string): Test => request.set('X-Forwarded-For', address);
const lease = async (service: Service, address: string, query = '', who: Who = 'worker') =>
  (await from(service.as(who).get(`/session?${query}`), address).expect(200)).body;
const post = (service: Service, path: string, address: string, body: object, who: Who = 'worker') =>
  from(service.as(who).post(path), address).send(body);

const CALLS: [string, object][] = [
  ['/release', {}],
  ['/release', { flood_wait: 60 }],
  ['/invalidate', {}],
  ['/floodwait', { wait_seconds: 60 }],
  ['/floodwait', { wait_seconds: 60, method: 'messages.getHistory' }],
];

describe('a call without lease_id', () => {
  it.each(CALLS)('%s %j is accepted from the only client that it can mean', (path, body) =>
    withService(async (service) => {
      const { session_id } = await lease(service, '192.0.2.1');
      await post(service, path, '192.0.2.1', { session_id, ...body }).expect(200);
    }, PROXIED)(),
  );

  it.each(CALLS)(
    '%s %j of a worker whose lease expired does not affect the next lease of the key',
    (path, body) =>
      withService(async (service) => {
        const { session_id } = await lease(service, '192.0.2.1', 'ttl=1');
        await service.time.advance(1);
        const { lease_id } = await lease(service, '192.0.2.1');
        const refused = await post(service, path, '192.0.2.1', { session_id, ...body }).expect(409);
        expect(refused.body.detail).toMatchObject({ error: 'lease_id_required', session_id });
        await service.as('rival').get('/session').expect(503);
        await post(service, '/heartbeat', '192.0.2.1', { session_id, lease_id }).expect(200);
      }, PROXIED)(),
  );

  it.each(CALLS)('%s %j repeated after the session was leased to another client is refused', (path, body) =>
    withService(async (service) => {
      const { session_id } = await lease(service, '192.0.2.1');
      await post(service, '/release', '192.0.2.1', { session_id }).expect(200);
      const { lease_id } = await lease(service, '192.0.2.2');
      await post(service, path, '192.0.2.1', { session_id, ...body }).expect(409);
      await post(service, '/heartbeat', '192.0.2.2', { session_id, lease_id }).expect(200);
    }, PROXIED)(),
  );

  it(
    'is refused for a lease that was renewed by its id',
    withService(async (service) => {
      const { session_id, lease_id } = await lease(service, '192.0.2.1');
      await post(service, '/heartbeat', '192.0.2.1', { session_id, lease_id }).expect(200);
      await post(service, '/release', '192.0.2.1', { session_id }).expect(409);
      await post(service, '/release', '192.0.2.1', { session_id, lease_id }).expect(200);
    }, PROXIED),
  );

  it(
    'releases an expired lease late, while nobody has the session, and the next one as usual',
    withService(async (service) => {
      const { session_id } = await lease(service, '192.0.2.1', 'ttl=1');
      await service.time.advance(1);
      await post(service, '/release', '192.0.2.1', { session_id }).expect(200);
      await lease(service, '192.0.2.1');
      await post(service, '/release', '192.0.2.1', { session_id }).expect(200);
      expect(await service.status()).toMatchObject({ free: 1 });
    }, PROXIED),
  );

  it(
    'is always refused with LEASE_ID=required',
    withService(
      async (service) => {
        const { session_id, lease_id } = await lease(service, '192.0.2.1');
        for (const [path, body] of CALLS) {
          await post(service, path, '192.0.2.1', { session_id, ...body }).expect(409);
        }
        await post(service, '/release', '192.0.2.1', { session_id, lease_id }).expect(200);
        await post(service, '/release', '192.0.2.1', { session_id }).expect(409);
        await service.as('admin').post('/invalidate').send({ session_id }).expect(200);
      },
      { files: some(1), settings: { TRUST_PROXY: 'loopback', LEASE_ID: 'required' } },
    ),
  );

  it(
    'is counted, and logged once an hour for each key',
    withService(async (service) => {
      const call = () => service.as('worker').post('/release').send({ session_id: 1 }).expect(200);
      const logged = () => service.log.filter((line) => line.includes('calls without lease_id')).length;
      await call();
      await call();
      expect(logged()).toBe(1);
      await service.as('rival').post('/release').send({ session_id: 1 }).expect(200);
      expect(logged()).toBe(2);
      await service.time.advance(3600);
      await call();
      expect(logged()).toBe(3);
      const { text } = await service.as('monitor').get('/metrics').expect(200);
      expect(text).toContain('telegate_calls_without_lease_id_total{call="release"} 4');
    }, PROXIED),
  );
});

describe('a lease id', () => {
  it.each([
    ['/heartbeat', {}],
    ['/release', {}],
    ['/floodwait', { wait_seconds: 9 }],
    ['/invalidate', {}],
    ['/report', { error: 'SESSION_REVOKED' }],
  ])('counts only with the key that it was given to: %s', (path, body) =>
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const call = () =>
          service
            .as('rival')
            .post(path)
            .send({ session_id, lease_id, ...body });
        expect((await call().expect(409)).body.detail.error).toBe('not_lease_holder');
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
      },
      { files: some(1) },
    )(),
  );

  it(
    'is shown to admins, but not to monitors',
    withService(
      async (service) => {
        const { lease_id } = await service.lease();
        for (const path of ['/leases', '/sessions/1/history']) {
          expect((await service.as('admin').get(path).expect(200)).text).toContain(lease_id);
          const watched = await service.as('monitor').get(path).expect(200);
          expect(watched.text).not.toContain(lease_id);
          expect(watched.body[0]).toMatchObject({ lease_id: null });
        }
      },
      { files: some(1) },
    ),
  );
});

describe('a session that the caller neither holds nor held last', () => {
  it.each([
    ['/invalidate', {}],
    ['/floodwait', { wait_seconds: 60 }],
    ['/release', { flood_wait: 60 }],
  ])('cannot be taken out of the pool by a worker: %s', (path, body) =>
    withService(
      async (service) => {
        const call = () =>
          service
            .as('rival')
            .post(path)
            .send({ session_id: 1, ...body });
        expect((await call().expect(409)).body.detail).toEqual({ error: 'not_lease_holder', session_id: 1 });
        const { lease_id } = await service.lease();
        await service.as('worker').post('/release').send({ session_id: 1, lease_id }).expect(200);
        await call().expect(409);
        expect(await service.status()).toMatchObject({ free: 1 });
      },
      { files: some(1) },
    )(),
  );
});

describe("an admin who takes a holder's session", () => {
  it.each([
    ['by a release', ['/release']],
    ['by an invalidation and a restore', ['/invalidate', '/restore']],
    ['by a short flood wait', ['/floodwait']],
    ['by a release and a restore', ['/release', '/restore']],
  ])('leaves a cool-down: %s', (_, paths) =>
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('ttl=600');
        for (const path of paths) {
          await service.as('admin').post(path).send({ session_id, wait_seconds: 1 }).expect(200);
        }
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(409);
        await service.time.advance(59.999);
        await service.as('rival').get('/session').expect(503);
        await service.time.advance(0.001);
        await service.lease('', 'rival');
      },
      { files: some(1) },
    )(),
  );

  it(
    'leaves one for the rest of the lease, if that is less than a minute',
    withService(
      async (service) => {
        const { session_id } = await service.lease('ttl=20');
        await service.time.advance(5);
        await service.as('admin').post('/release').send({ session_id }).expect(200);
        await service.time.advance(15);
        await service.lease('', 'rival');
      },
      { files: some(1) },
    ),
  );
});
