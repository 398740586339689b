import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';

function report(service: Service, body: object) {
  return service.as('worker').post('/report').send(body);
}

describe('a flood wait', () => {
  it(
    'takes the whole session out of the pool and ends its lease',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const answer = await service
          .as('worker')
          .post('/floodwait')
          .send({ session_id, lease_id, wait_seconds: 90 });
        const floodwait_until = new Date(service.time.wall() + 90_000).toISOString();
        expect(answer.body).toEqual({ status: 'floodwait', session_id, floodwait_until, method: null });
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(409);
        await service.time.advance(0.5);
        const none = await service.as('worker').get('/session').expect(503);
        expect(none.body.detail).toMatchObject({ in_floodwait: 1, next_release_in: 90, in_use: 0 });
        expect(none.headers['retry-after']).toBe('90');
        await service.time.advance(89.5);
        await service.lease();
      },
      { files: some(1) },
    ),
  );

  it(
    'of a method blocks only that method, and the lease continues',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const method = 'messages.getHistory';
        const body = { session_id, lease_id, wait_seconds: 90, method };
        expect((await service.as('worker').post('/floodwait').send(body).expect(200)).body.method).toBe(
          method,
        );
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        expect(await service.status()).toMatchObject({
          free: 0,
          in_floodwait: 1,
          flooded_for_methods: 1,
          next_available: '2025-03-01 12:01:30',
        });
        await service.as('worker').get(`/session?method=${method.toUpperCase()}`).expect(503);
        await service.lease('method=users.getUsers');
      },
      { files: some(1) },
    ),
  );

  it(
    'can be sent with the release, for the session or for a method',
    withService(
      async (service) => {
        const [one, two] = [await service.lease(), await service.lease()];
        const path = `/release?session_id=${one.session_id}&flood_wait=60`;
        expect((await service.as('worker').post(path).expect(200)).body).toEqual({
          status: 'released',
          session_id: 1,
        });
        await service
          .as('worker')
          .post('/release')
          .send({ session_id: two.session_id, flood_wait: 60, method: 'a.b' });
        expect(await service.status()).toMatchObject({ free: 0, in_floodwait: 2, flooded_for_methods: 1 });
        await service.as('worker').get('/session?method=a.b').expect(503);
      },
      { files: some(2) },
    ),
  );

  it(
    'for an unknown session is 404; for one that another key holds, 409',
    withService(
      async (service) => {
        await service.as('worker').post('/floodwait').send({ session_id: 99, wait_seconds: 1 }).expect(404);
        const { session_id } = await service.lease();
        await service.as('rival').post('/floodwait').send({ session_id, wait_seconds: 1 }).expect(409);
        await service.as('rival').post('/invalidate').send({ session_id }).expect(409);
      },
      { files: some(1) },
    ),
  );
});

describe('an invalidated session', () => {
  it(
    'is out of the pool until someone restores it, and can be invalidated repeatedly',
    withService(
      async (service) => {
        await service.lease();
        for (const session_id of [1, 1, 99]) {
          const answer = await service
            .as('worker')
            .post('/invalidate')
            .send({ session_id, reason: 'ban' })
            .expect(200);
          expect(answer.body).toEqual({ status: 'invalidated', session_id });
        }
        expect(await service.status()).toMatchObject({
          in_floodwait: 1,
          invalidated: 1,
          next_available: null,
        });
        const none = await service.as('worker').get('/session').expect(503);
        expect(none.body.detail).toMatchObject({ in_floodwait: 1, next_release_in: null });
        expect((await service.as('monitor').get('/sessions/1')).body).toMatchObject({
          status: 'invalid',
          status_reason: 'ban',
          status_until: '2099-01-01T00:00:00.000Z',
        });
        const back = await service.as('admin').post('/restore?session_id=1').expect(200);
        expect(back.body).toEqual({ status: 'restored', session_id: 1 });
        await service.as('admin').post('/restore').send({ session_id: 99 }).expect(404);
        await service.lease();
      },
      { files: some(1) },
    ),
  );
});

describe('a report', () => {
  it.each([
    ['FLOOD_WAIT_30', 'messages.search', { action: 'wait', wait_seconds: 30, status: 'floodwait' }, 'leased'],
    [
      'FLOOD_WAIT_3600',
      'messages.search',
      { action: 'swap', wait_seconds: 3600, status: 'floodwait' },
      'leased',
    ],
    ['FLOOD_WAIT_3600', undefined, { action: 'swap', wait_seconds: 3600, status: 'floodwait' }, 'flood'],
    ['FLOOD_PREMIUM_WAIT_10', undefined, { action: 'wait', wait_seconds: 10, status: 'floodwait' }, 'leased'],
    [
      'SLOWMODE_WAIT_60',
      'messages.sendMessage',
      { action: 'wait', wait_seconds: 60, status: 'unchanged' },
      'leased',
    ],
    ['PEER_FLOOD', undefined, { action: 'swap', status: 'limited' }, 'leased'],
    ['PEER_FLOOD', 'messages.sendMessage', { action: 'swap', status: 'limited' }, 'leased'],
    ['FROZEN_METHOD_INVALID', 'messages.sendMessage', { action: 'swap', status: 'frozen' }, 'leased'],
    ['FROZEN_METHOD_INVALID', undefined, { action: 'swap', status: 'frozen' }, 'leased'],
    ['FROZEN_PARTICIPANT_MISSING', undefined, { action: 'swap', status: 'frozen' }, 'leased'],
    ['AUTH_KEY_DUPLICATED', undefined, { action: 'stop', status: 'dead' }, 'dead'],
    ['SESSION_REVOKED', undefined, { action: 'stop', status: 'dead' }, 'dead'],
    ['SESSION_EXPIRED', undefined, { action: 'stop', status: 'dead' }, 'dead'],
    ['USER_DEACTIVATED', undefined, { action: 'stop', status: 'dead' }, 'dead'],
    ['USER_DEACTIVATED_BAN', undefined, { action: 'stop', status: 'dead' }, 'dead'],
    ['PHONE_NUMBER_BANNED', undefined, { action: 'stop', status: 'dead' }, 'dead'],
    ['TIMEOUT', undefined, { action: 'retry', status: 'unchanged' }, 'leased'],
    [
      '420 FLOOD_WAIT_35 (caused by messages.GetHistory)',
      undefined,
      { action: 'swap', wait_seconds: 35 },
      'flood',
    ],
  ])('of %s for %s is answered with %j', (error, method, verdict, state) =>
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const answer = await report(service, { session_id, lease_id, error, method }).expect(200);
        expect(answer.body).toMatchObject({ ...verdict, session_id });
        expect((await service.as('monitor').get('/sessions/1')).body.status).toBe(state);
      },
      { files: some(1) },
    )(),
  );

  it(
    'of AUTH_KEY_UNREGISTERED counts only the second time',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        const say = () =>
          report(service, { session_id, lease_id, error: 'AUTH_KEY_UNREGISTERED' }).expect(200);
        expect((await say()).body).toMatchObject({ action: 'retry', status: 'suspected' });
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        expect((await say()).body).toMatchObject({ action: 'stop', status: 'dead' });
        expect(await service.status()).toMatchObject({ unavailable: 1, unavailable_reasons: { dead: 1 } });
      },
      { files: some(1) },
    ),
  );

  it(
    'needs a lease: without its id, with an old one, or for an unknown session it is refused',
    withService(
      async (service) => {
        const { session_id } = await service.lease();
        await report(service, { session_id, error: 'SESSION_REVOKED' }).expect(422);
        await report(service, { session_id, lease_id: 'old', error: 'SESSION_REVOKED' }).expect(409);
        await report(service, { session_id: 99, lease_id: 'old', error: 'SESSION_REVOKED' }).expect(404);
        expect((await service.status()).in_use).toBe(1);
      },
      { files: some(1) },
    ),
  );
});
