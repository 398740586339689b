import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { through, withFencedReplicas } from './replicas_world.js';
import type { ThroughProxy } from './socks_client.js';
import { fenced } from './with_fence.js';

const describe = await describeWithServer();

/** How long until the connection is cut, in milliseconds. */
async function untilCut(worker: ThroughProxy): Promise<number> {
  const from = performance.now();
  await worker.closed;
  return performance.now() - from;
}

describe('the egress fence of several replicas', () => {
  it(
    'admits at each of them, and cuts within a second where another one ends the lease',
    withFencedReplicas(async (replicas) => {
      const { home, dataCentre } = replicas;
      const lease = await fenced(home, 'ttl=600');
      const worker = await through(replicas, lease);
      const { session_id, lease_id } = lease;
      await home.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      expect(await untilCut(worker)).toBeLessThan(1000);
      worker.say('too late');
      await until(() => dataCentre.open.size === 0);
      expect(dataCentre.received).toBe('hello');
      await expect(through(replicas, lease)).rejects.toThrow(/auth/i);
    }),
  );

  it(
    'cuts within a second although nobody announces that the lease has ended',
    withFencedReplicas(async (replicas) => {
      const lease = await fenced(replicas.home, 'ttl=600');
      const worker = await through(replicas, lease);
      await replicas.sql(`UPDATE sessions SET lease_id = 'another' WHERE id = ${lease.session_id}`);
      expect(await untilCut(worker)).toBeLessThan(1000);
    }),
  );

  it.each([
    ['deleted', 'DELETE FROM sessions WHERE id ='],
    ['invalidated', "UPDATE sessions SET state = 'invalid', state_until = 4070908800000 WHERE id ="],
  ])('cuts within a second although nobody announces that the session was %s', (_how, statement) =>
    withFencedReplicas(async (replicas) => {
      const lease = await fenced(replicas.home, 'ttl=600');
      const worker = await through(replicas, lease);
      await replicas.sql(`${statement} ${lease.session_id}`);
      expect(await untilCut(worker)).toBeLessThan(1000);
      await expect(through(replicas, lease)).rejects.toThrow(/auth/i);
    })(),
  );

  it(
    'hears of renewals at another one',
    withFencedReplicas(async (replicas) => {
      const { home } = replicas;
      const { session_id, lease_id, ...lease } = await fenced(home, 'ttl=3');
      const worker = await through(replicas, { session_id, lease_id, ...lease });
      await home.as('worker').post('/heartbeat').send({ session_id, lease_id, ttl: 600 }).expect(200);
      expect(await Promise.race([untilCut(worker), beyond(lease.expires_at)])).toBe('open');
      worker.say('hello');
      await until(() => worker.text === 'hellohello');
    }),
  );

  it(
    'shows at one what goes through another',
    withFencedReplicas(async (replicas) => {
      const { home } = replicas;
      await through(replicas, await fenced(home, 'ttl=600'));
      const egress = async () => (await home.as('monitor').get('/leases').expect(200)).body[0].egress;
      await until(async () => (await egress()).connections === 1);
      expect(await egress()).toEqual({ connections: 1, bytes_up: 5, bytes_down: 5 });
    }),
  );

  it(
    'keeps the cool-down after a revocation, which a replica may hear of late, and has none after an expiry',
    withFencedReplicas(async ({ home }) => {
      const first = await fenced(home, 'ttl=600&session_name=s001');
      await home.as('admin').post('/release').send({ session_id: first.session_id }).expect(200);
      const { session_id, lease_id } = await fenced(home, 'ttl=2&session_name=s002');
      await home.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
      await until(async () => (await home.status()).in_use === 0);
      expect(await home.status()).toMatchObject({ free: 1, unavailable_reasons: { cooldown: 1 } });
    }),
  );
});

/** Resolves after this moment. */
async function beyond(moment: string): Promise<'open'> {
  await until(() => Date.now() > Date.parse(moment) + 100);
  return 'open';
}
