import { expect, it } from '@jest/globals';
import { wish } from '../contracts/stores.js';
import { hold, inQueue, release } from '../pool/holding.js';
import { until } from '../service/manual_time.js';
import { Service, some } from '../service/service.js';
import { describeWithOwnServer } from '../storage/describe_with_own_server.js';
import { OwnServer, type Stop } from '../storage/own_server.js';

const describe = describeWithOwnServer();

/** Runs the test with a service over a database server that the test can stop. */
async function withServer(test: (service: Service, server: OwnServer) => Promise<void>): Promise<void> {
  const server = await OwnServer.make();
  const shared = {
    settings: { DATABASE_URL: server.url() },
    contents: async () => '',
    drop: async () => undefined,
  };
  const service = new Service({ shared, settings: { DATABASE_TIMEOUT_SECONDS: '5' } });
  try {
    for (const file of some(3)) service.write(file);
    await service.start();
    await test(service, server);
  } finally {
    await service.remove();
    await server.destroy();
  }
}

function comesBack(service: Service): Promise<void> {
  return until(async () => (await service.as(null).get('/ready')).status === 200);
}

describe('a service whose database is lost', () => {
  it.each<Stop>(['fast', 'immediate'])('by a stop (%s) answers 503, says why, and heals by itself', (how) =>
    withServer(async (service, server) => {
      const { session_id, lease_id } = await service.lease('ttl=600');
      await server.stop(how);
      const refused = await service.as('worker').get('/session').expect(503);
      expect(refused.body.detail).toMatchObject({ error: 'storage_unavailable' });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(refused.text).not.toMatch(/ECONN|localhost|postgres/i);
      const { body } = await service.as(null).get('/ready').expect(503);
      expect(body.detail).toMatchObject({ error: 'not_ready', reasons: { database: expect.any(String) } });
      await service.as(null).get('/health').expect(200);
      await server.start();
      await comesBack(service);
      await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
      expect((await service.lease()).session_id).not.toBe(session_id);
    }),
  );

  it('keeps those on hold, also when serving the queue fails, and serves them afterwards', () =>
    withServer(async (service, server) => {
      const leases = [];
      for (let taken = 0; taken < 3; taken += 1) leases.push(await service.lease('ttl=600'));
      const held = hold(service, 'wait=60', 'held', []);
      await inQueue(service, 1);
      await server.stop('immediate');
      const looked = service.container.pool.acquire(wish(), 0, null);
      await expect(looked).rejects.toMatchObject({ detail: { error: 'storage_unavailable' } });
      await server.start();
      await comesBack(service);
      const { session_id = 0 } = leases[1] ?? {};
      await release(service, session_id);
      expect((await held).body).toMatchObject({ session_id });
    }));
});
