import { describe, expect, it } from '@jest/globals';
import { defaultLimits } from '../../src/telegram/gateway.js';
import { listen } from '../http/listener.js';
import { HURRIED, logIn, type World, withTelegram } from '../logins/over_sandbox.js';
import { until } from '../service/manual_time.js';

const ADA = '+9996610001';

function check({ service }: World, id: number) {
  return service.as('admin').post(`/sessions/${id}/test`);
}

describe('a test of a session', () => {
  it(
    'says that it is valid, and when it was asked',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      await world.service.time.advance(60);
      const answer = await check(world, id).expect(200);
      expect(answer.body).toEqual({ session_id: id, is_valid: true, status: 'active', error: null });
      const session = await world.service.as('admin').get(`/sessions/${id}`);
      expect(session.body.last_checked_at).toBe('2025-03-01T12:01:00.000Z');
      expect(session.body.status).toBe('free');
    }),
  );

  it.each([
    'SESSION_REVOKED',
    'SESSION_EXPIRED',
    'AUTH_KEY_DUPLICATED',
    'USER_DEACTIVATED',
    'USER_DEACTIVATED_BAN',
  ])('that Telegram answers with %s takes it out of the pool, with the reason', (fault) =>
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      world.sandbox.faults.add({ fault, phone: ADA });
      const answer = await check(world, id).expect(200);
      expect(answer.body).toEqual({ session_id: id, is_valid: false, status: 'dead', error: fault });
      const session = await world.service.as('admin').get(`/sessions/${id}`);
      expect(session.body).toMatchObject({ status: 'dead', status_reason: fault, is_active: 'expired' });
      await world.service.as('worker').get('/session').expect(503);
    })(),
  );

  it(
    'accepts AUTH_KEY_UNREGISTERED only the second time',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      world.sandbox.faults.add({ fault: 'AUTH_KEY_UNREGISTERED', phone: ADA, times: 1 });
      expect((await check(world, id).expect(200)).body).toMatchObject({ is_valid: true });
      world.sandbox.faults.add({ fault: 'AUTH_KEY_UNREGISTERED', phone: ADA, times: 2 });
      const answer = await check(world, id).expect(200);
      expect(answer.body).toMatchObject({ is_valid: false, error: 'AUTH_KEY_UNREGISTERED' });
    }),
  );

  it(
    'records a flood wait, and returns its length',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      world.sandbox.faults.add({ fault: 'FLOOD_WAIT_120', phone: ADA });
      const answer = await check(world, id).expect(429);
      expect(answer.headers['retry-after']).toBe('120');
      const session = await world.service.as('admin').get(`/sessions/${id}`);
      expect(session.body).toMatchObject({ is_active: 'active' });
      const status = await world.service.status();
      expect(status.flooded_for_methods).toBe(1);
    }),
  );

  it(
    'never marks a session bad for the network',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const { sandbox } = world;
      sandbox.faults.add({ fault: 'drop', phone: ADA, times: 1 });
      expect((await check(world, id).expect(502)).body.detail).toMatchObject({
        error: 'telegram_unreachable',
      });
      await sandbox.behave(1, 'refuse');
      await check(world, id).expect(502);
      await sandbox.behave(1, 'normal');
      await world.hurry(HURRIED);
      sandbox.faults.add({ fault: 'hang', phone: ADA, times: 1 });
      expect((await check(world, id).expect(504)).body.detail).toMatchObject({ error: 'telegram_timeout' });
      await sandbox.behave(1, 'silent');
      await check(world, id).expect(504);
      await sandbox.behave(1, 'normal');
      await world.hurry(defaultLimits);
      expect((await check(world, id).expect(200)).body).toMatchObject({ is_valid: true });
    }),
  );

  it(
    'leases the session like any worker: one in use is refused, and one under test is not leased',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const lease = await world.service.lease();
      expect((await check(world, id).expect(409)).body.detail).toMatchObject({ error: 'session_in_use' });
      await world.service.as('worker').post('/release').send({ session_id: id, lease_id: lease.lease_id });
      world.sandbox.faults.add({ fault: 'slow', milliseconds: 500, phone: ADA, times: 1 });
      const tested = check(world, id).then(({ status }) => status);
      await until(async () => (await world.service.status()).in_use === 1);
      const leased = await world.service.as('worker').get('/session?wait=5');
      expect([await tested, leased.status]).toEqual([200, 200]);
      expect(world.sandbox.connections.overlaps()).toEqual([]);
    }),
  );

  it(
    'gets an inactive session although a worker is waiting for that one',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      await world.service.as('admin').put(`/sessions/${id}`).send({ is_active: 'inactive' }).expect(200);
      const waiting = world.service.as('worker').get(`/session?session_id=${id}&wait=30`);
      const left = waiting.then(
        () => undefined,
        () => undefined,
      );
      await until(async () => (await world.service.status()).waiting === 1);
      expect((await check(world, id).expect(200)).body).toMatchObject({ is_valid: true });
      waiting.abort();
      await left;
    }),
  );

  it(
    'works for an inactive session, which stays inactive, but not for a dead or duplicate one',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const admin = world.service.as('admin');
      await admin.put(`/sessions/${id}`).send({ is_active: 'inactive' }).expect(200);
      expect((await check(world, id).expect(200)).body).toMatchObject({ is_valid: true });
      expect((await admin.get(`/sessions/${id}`)).body.is_active).toBe('inactive');
      const file = await admin.get(`/sessions/${id}/export`).expect(200);
      world.service.write('copy.json', JSON.stringify({ session_string: file.body.session_string }));
      await admin.post('/sync').expect(200);
      const before = world.sandbox.connections.list().length;
      const copy = await check(world, id + 1).expect(200);
      expect(copy.body).toMatchObject({ is_valid: false, status: 'duplicate' });
      expect(world.sandbox.connections.list()).toHaveLength(before);
    }),
  );

  it(
    'of an unreadable session says so, and of an unknown one is 404',
    withTelegram(
      async (world) => {
        const answer = await check(world, 1).expect(200);
        expect(answer.body).toMatchObject({ is_valid: false, status: 'unreadable' });
        await check(world, 999).expect(404);
        await world.service.as('admin').post('/sessions/abc/test').expect(422);
        await world.service.as('worker').post('/sessions/1/test').expect(403);
      },
      { files: ['empty.session'] },
    ),
  );
});

describe('the health checks', () => {
  it(
    'check idle sessions, and find dead ones before a worker does',
    withTelegram(async (world) => {
      const first = await logIn(world, ADA);
      const second = await logIn(world, '+9996610002');
      const third = await logIn(world, '+9996620002');
      const lease = await world.service.lease(`session_id=${third.id}`);
      await world.service.time.advance(60);
      world.sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: '+9996610002' });
      const listener = await listen(world.service);
      const report = await world.service.container.health.round(0);
      expect(report).toEqual({ checked: 1, dead: 1, frozen: 0, skipped: 0 });
      await until(() => /"event":"died","detail":"SESSION_REVOKED"/.test(listener.heard()));
      listener.close();
      const status = async (id: number) =>
        (await world.service.as('admin').get(`/sessions/${id}`)).body.status;
      expect(await status(first.id)).toBe('free');
      expect(await status(second.id)).toBe('dead');
      expect(await status(lease.session_id)).toBe('leased');
      const again = await world.service.container.health.round(0);
      expect(again).toEqual({ checked: 0, dead: 0, frozen: 0, skipped: 0 });
    }),
  );
});

describe('an exported session', () => {
  it(
    'is a string or a file, for admins only, and the log says who exported it, but not its content',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const path = `/sessions/${id}/export`;
      const { body } = await world.service.as('admin').get(`${path}?format=gramjs`).expect(200);
      expect(body).toEqual({
        session_id: id,
        session_name: '9996610001',
        format: 'gramjs',
        session_string: expect.stringMatching(/^1[\w+/=]{300,}$/),
      });
      const file = await world.service.as('admin').get(`${path}?format=file`).expect(200);
      expect(file.headers['content-disposition']).toBe('attachment; filename=9996610001.session');
      expect(file.headers['cache-control']).toBe('no-store');
      await world.service.as('admin').get(`${path}?format=tdata`).expect(422);
      await world.service.as('monitor').get(path).expect(403);
      await world.service.as('worker').get(path).expect(403);
      const log = world.service.log.join('\n');
      expect(log).toMatch(/session exported/);
      expect(log).not.toContain(body.session_string);
    }),
  );
});
