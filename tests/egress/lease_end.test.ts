import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import type { Service } from '../service/service.js';
import { type FencedGrant, ThroughProxy } from './socks_client.js';
import { connected, type FencedWorld, fenced, withFence } from './with_fence.js';

/** How a lease ends. */
type Ending = (service: Service, lease: FencedGrant) => Promise<unknown>;

const post = (service: Service, who: 'worker' | 'admin', path: string, body: object) =>
  service.as(who).post(path).send(body).expect(200);

const ENDINGS: Readonly<Record<string, Ending>> = {
  'is released': (service, { session_id, lease_id }) =>
    post(service, 'worker', '/release', { session_id, lease_id }),
  expires: (service) => service.time.advance(61),
  'expires after it was renewed': async (service, { session_id, lease_id }) => {
    await post(service, 'worker', '/heartbeat', { session_id, lease_id });
    await service.time.advance(61);
  },
  'is revoked by an admin': (service, { session_id }) => post(service, 'admin', '/release', { session_id }),
  'ends with a flood wait': (service, { session_id, lease_id }) =>
    post(service, 'worker', '/floodwait', { session_id, lease_id, wait_seconds: 600 }),
  'ends because the session is invalidated': (service, { session_id }) =>
    post(service, 'admin', '/invalidate', { session_id }),
  'ends because an admin declares the session expired': (service, { session_id }) =>
    service.as('admin').put(`/sessions/${session_id}`).send({ is_active: 'expired' }).expect(200),
  'is revoked, and its session deleted': async (service, { session_id }) => {
    await post(service, 'admin', '/release', { session_id });
    await service.as('admin').delete(`/sessions/${session_id}`).expect(200);
    await service.as('admin').get(`/sessions/${session_id}`).expect(404);
  },
  'ends because the session is dead': (service, { session_id, lease_id }) =>
    post(service, 'worker', '/report', { session_id, lease_id, error: 'SESSION_REVOKED' }),
};

/** What the worker says afterwards must not arrive. */
async function saysMore({ dataCentre }: FencedWorld, worker: ThroughProxy): Promise<void> {
  worker.say('too late');
  await worker.closed;
  await until(() => dataCentre.open.size === 0);
  expect(dataCentre.received).toBe('hello');
}

describe('the connections of a fenced lease', () => {
  it(
    'reach the data centre, both ways, while it lasts',
    withFence(async (world) => {
      const lease = await fenced(world.service, 'ttl=60');
      expect(lease.proxy).toMatchObject({ type: 'socks5', host: '127.0.0.1' });
      const worker = await connected(world, lease);
      worker.say('hello');
      await until(() => worker.text === 'hello');
      expect(world.dataCentre.received).toBe('hello');
    }),
  );

  it.each(Object.entries(ENDINGS))('are cut at once when it %s', (_how, end) =>
    withFence(async (world) => {
      const { service, dataCentre } = world;
      const lease = await fenced(service, 'ttl=60');
      const worker = await connected(world, lease);
      worker.say('hello');
      await until(() => worker.text === 'hello');
      await end(service, lease);
      await worker.closed;
      await saysMore(world, worker);
      expect(dataCentre.resets).toBe(1);
      await expect(ThroughProxy.to(lease.proxy, dataCentre)).rejects.toThrow(/auth/i);
    })(),
  );

  it(
    'are cut when its key is revoked, although the lease runs on',
    withFence(async (world) => {
      const { service } = world;
      const { body: key } = await service.as('admin').post('/keys').send({ name: 'k', role: 'worker' });
      const { body: lease } = await service
        .as(null)
        .get('/session?egress=true&ttl=600')
        .set('X-API-Key', key.key)
        .expect(200);
      const worker = await connected(world, lease);
      await service.as('admin').delete(`/keys/${key.id}`).expect(200);
      await worker.closed;
      await expect(ThroughProxy.to(lease.proxy, world.dataCentre)).rejects.toThrow(/auth/i);
    }),
  );

  it(
    'go on when it is renewed, as long as it is',
    withFence(async (world) => {
      const { service } = world;
      const lease = await fenced(service, 'ttl=60');
      const worker = await connected(world, lease);
      const { session_id, lease_id } = lease;
      for (let renewals = 0; renewals < 3; renewals += 1) {
        await service.time.advance(40);
        await post(service, 'worker', '/heartbeat', { session_id, lease_id });
      }
      worker.say('hello');
      await until(() => worker.text === 'hello');
      await service.time.advance(61);
      await worker.closed;
    }),
  );

  it(
    'are cut while they are being made, and counted as those of an ended lease',
    withFence(async ({ service, dataCentre }) => {
      const silent = createServer((client) => void client.on('error', () => undefined));
      const reached = once(silent, 'connection');
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      try {
        const proxy = `socks5://127.0.0.1:${(silent.address() as AddressInfo).port}`;
        await service.as('admin').put('/sessions/1').send({ proxy }).expect(200);
        const lease = await fenced(service, 'session_id=1');
        const refused = expect(ThroughProxy.to(lease.proxy, dataCentre)).rejects.toThrow();
        await reached;
        const { session_id, lease_id } = lease;
        await post(service, 'worker', '/release', { session_id, lease_id });
        await refused;
        const { text } = await service.as('monitor').get('/metrics').expect(200);
        expect(text).toContain('telegate_egress_refusals_total{reason="lease_ended"} 1\n');
        expect(text).toContain('telegate_egress_refusals_total{reason="upstream"} 0\n');
      } finally {
        silent.close();
      }
    }),
  );

  it(
    'keep its session from being deleted, and go on when its file is',
    withFence(async (world) => {
      const { service } = world;
      const lease = await fenced(service, 'ttl=600');
      const { session_id, lease_id } = lease;
      const worker = await connected(world, lease);
      const { body } = await service.as('admin').delete(`/sessions/${session_id}`).expect(409);
      expect(body.detail).toMatchObject({ error: 'session_in_use' });
      rmSync(join(service.sessionsDir, `${lease.session_name}.session`));
      await post(service, 'admin', '/sync', {});
      await service.time.advance(1);
      worker.say('hello');
      await until(() => worker.text === 'hello');
      await post(service, 'worker', '/release', { session_id, lease_id });
      await worker.closed;
      await until(async () => (await service.as('admin').get(`/sessions/${session_id}`)).status === 404);
      await expect(ThroughProxy.to(lease.proxy, world.dataCentre)).rejects.toThrow(/auth/i);
    }),
  );

  it(
    'are cut before the session has another holder, and need no cool-down',
    withFence(async (world) => {
      const { service } = world;
      const lease = await fenced(service, 'ttl=60&session_name=s001');
      const { session_id, lease_id } = lease;
      await post(service, 'worker', '/heartbeat', { session_id, lease_id });
      const worker = await connected(world, lease);
      worker.say('hello');
      await until(() => worker.text === 'hello');
      await post(service, 'admin', '/release', { session_id });
      const next = await fenced(service, 'ttl=60&session_name=s001', 'rival');
      expect(next.lease_id).not.toBe(lease_id);
      await saysMore(world, worker);
      const other = await connected(world, next);
      other.say(', world');
      await until(() => other.text === ', world');
    }),
  );

  it(
    'have their own credentials, which do not work for the next lease of the session',
    withFence(async ({ service, dataCentre }) => {
      const first = await fenced(service, 'session_name=s001');
      await post(service, 'worker', '/release', {
        session_id: first.session_id,
        lease_id: first.lease_id,
      });
      const second = await fenced(service, 'session_name=s001');
      expect(second.proxy.user).not.toBe(first.proxy.user);
      await expect(ThroughProxy.to(first.proxy, dataCentre)).rejects.toThrow(/auth/i);
      await ThroughProxy.to(second.proxy, dataCentre);
    }),
  );
});
