import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { some, withService } from '../service/service.js';
import { startSocksServer } from '../telegram/socks_server.js';
import { ThroughProxy } from './socks_client.js';
import { connected, fenced, withFence } from './with_fence.js';

describe('GET /session?egress=true', () => {
  it(
    'is refused by a service without egress',
    withService(
      async (service) => {
        const { body } = await service.as('worker').get('/session?egress=true').expect(422);
        expect(body.detail[0]).toMatchObject({
          loc: ['query', 'egress'],
          msg: expect.stringContaining('EGRESS_PORT'),
        });
        const posted = await service.as('worker').post('/session').send({ egress: true }).expect(422);
        expect(posted.body.detail[0].loc).toEqual(['body', 'egress']);
        expect(await service.status()).toMatchObject({ in_use: 0 });
      },
      { files: some(1) },
    ),
  );

  it(
    'names the proxy by EGRESS_HOST, never by what the request says',
    withFence(
      async ({ service }) => {
        const { body } = await service
          .as('worker')
          .post('/session')
          .set('Host', 'evil.example')
          .set('X-Forwarded-Host', 'evil.example')
          .send({ egress: true })
          .expect(200);
        expect(body.proxy.host).toBe('fence.example');
        expect(body.proxy.port).toBe(service.container.egress?.port);
      },
      { settings: { EGRESS_HOST: 'fence.example' } },
    ),
  );

  it(
    'never leads around the fence when it is repeated, and does not add one to an earlier lease',
    withFence(async ({ service }) => {
      const ask = (query: string, key: string) =>
        service.as('worker').get(`/session?${query}`).set('Idempotency-Key', key);
      const { body: first } = await ask('egress=true', 'one').expect(200);
      const { body: again } = await ask('', 'one').expect(200);
      expect(again).toEqual(first);
      const { body: plain } = await ask('', 'two').expect(200);
      expect(plain.proxy).toBeNull();
      const { body: refused } = await ask('egress=true', 'two').expect(409);
      expect(refused.detail).toMatchObject({ error: 'egress_impossible' });
    }),
  );

  it(
    "goes on through the session's own proxy, which the worker is not told",
    withFence(async ({ service, dataCentre }) => {
      const login = { user: 'sticky', password: 'its-password' };
      const own = await startSocksServer(login);
      try {
        const proxy = `socks5://sticky:its-password@127.0.0.1:${own.port}`;
        await service.as('admin').put('/sessions/1').send({ proxy }).expect(200);
        const lease = await fenced(service, 'session_id=1');
        expect(JSON.stringify(lease)).not.toMatch(/sticky|its-password/);
        const worker = await ThroughProxy.to(lease.proxy, dataCentre);
        worker.say('hello');
        await until(() => worker.text === 'hello');
        expect(own.passed).toEqual([`127.0.0.1:${dataCentre.port}`]);
      } finally {
        await own.close();
      }
    }),
  );

  it(
    'goes on through an HTTP proxy as well',
    withFence(async ({ service, dataCentre }) => {
      const asked: (string | undefined)[] = [];
      const own = createServer();
      own.on('connect', ({ url, headers }, client) => {
        asked.push(url, headers['proxy-authorization']);
        const target = connect(dataCentre.port, dataCentre.host, () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          client.pipe(target).pipe(client);
        });
        for (const side of [client, target]) side.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = own.address() as AddressInfo;
        const proxy = `http://sticky:word@127.0.0.1:${port}`;
        await service.as('admin').put('/sessions/1').send({ proxy }).expect(200);
        const lease = await fenced(service, 'session_id=1');
        const worker = await ThroughProxy.to(lease.proxy, dataCentre);
        worker.say('hello');
        await until(() => worker.text === 'hello');
        const authorization = `Basic ${Buffer.from('sticky:word').toString('base64')}`;
        expect(asked).toEqual([`127.0.0.1:${dataCentre.port}`, authorization]);
        const { session_id, lease_id } = lease;
        await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        await worker.closed;
      } finally {
        own.close();
      }
    }),
  );

  it(
    'tells the client when its proxy cannot be reached',
    withFence(async ({ service, dataCentre }) => {
      await service.as('admin').put('/sessions/1').send({ proxy: 'socks5://127.0.0.1:1' }).expect(200);
      const lease = await fenced(service, 'session_id=1');
      await expect(ThroughProxy.to(lease.proxy, dataCentre)).rejects.toThrow(/refused/i);
    }),
  );

  it(
    'is refused where the session has an MTProxy, and the session stays free',
    withFence(async ({ service }) => {
      const proxy = 'mtproxy://127.0.0.1:443?secret=dd000102030405060708090a0b0c0d0e0f';
      await service.as('admin').put('/sessions/1').send({ proxy }).expect(200);
      const { body } = await service.as('worker').get('/session?egress=true&session_id=1').expect(409);
      expect(body.detail).toMatchObject({ error: 'egress_impossible', session_id: 1 });
      expect(await service.status()).toMatchObject({ in_use: 0 });
    }),
  );

  it(
    'is not shortened by a renewal',
    withFence(async ({ service }) => {
      const { session_id, lease_id, expires_at } = await fenced(service, 'ttl=600');
      const { body } = await service
        .as('worker')
        .post('/heartbeat')
        .send({ session_id, lease_id, ttl: 5 })
        .expect(200);
      expect(body.expires_at).toBe(expires_at);
    }),
  );

  it(
    'shows what went through, for each lease, in the history, and in all',
    withFence(async (world) => {
      const { service } = world;
      await service.lease('session_name=s002');
      const lease = await fenced(service, 'session_name=s001');
      const worker = await connected(world, lease);
      const second = await connected(world, lease);
      worker.say('hello');
      await until(() => worker.text === 'hello');
      const { body: leases } = await service.as('monitor').get('/leases?sort=session_name').expect(200);
      expect(leases.map(({ egress }: { egress: unknown }) => egress)).toEqual([
        { connections: 2, bytes_up: 5, bytes_down: 5 },
        null,
      ]);
      const { text } = await service.as('monitor').get('/metrics').expect(200);
      expect(text).toContain('telegate_egress_connections 2\n');
      expect(text).toContain('telegate_egress_connections_total 2\n');
      expect(text).toContain('telegate_egress_bytes_total{direction="up"} 5\n');
      const { session_id, lease_id } = lease;
      await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      await Promise.all([worker.closed, second.closed]);
      await service.time.advance(1);
      const history = async () =>
        (await service.as('admin').get(`/sessions/${session_id}/history?limit=1`).expect(200)).body[0];
      await until(async () => (await history()).event === 'egress');
      const after = (await service.as('monitor').get('/metrics').expect(200)).text;
      expect(after).toContain('telegate_egress_lease_connections_sum 2\n');
      expect(after).toContain('telegate_egress_lease_bytes_sum{direction="up"} 5\n');
      expect(await history()).toMatchObject({
        ...{ lease_id, detail: '2 connections, 5 bytes up, 5 bytes down', holder_name: expect.any(String) },
      });
    }),
  );
});
