import { get } from 'node:http';
import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { Balancer, describeWithBalancer } from './balancer.js';
import { withReplicas } from './services.js';

await describeWithServer();
const describe = describeWithBalancer();

/** Runs the test with two replicas behind nginx. */
function balanced(
  test: (balancer: Balancer, replicas: readonly Service[]) => Promise<void>,
  trusted = '127.0.0.1',
) {
  const settings = { TRUST_PROXY: trusted };
  return withReplicas(
    2,
    async (replicas) => {
      const balancer = await Balancer.start(replicas.map(({ url }) => url.slice('http://'.length)));
      try {
        await test(balancer, replicas);
      } finally {
        await balancer.stop();
      }
    },
    { files: some(2), settings },
  );
}

async function ask({ url }: Balancer, method: 'GET' | 'POST', path: string, headers: object = {}) {
  const answer = await fetch(`${url}${path}`, { method, headers: { 'X-API-Key': KEYS.worker, ...headers } });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

/** The status of a wrong key that is sent from this address, with a forged `X-Forwarded-For`. */
function guess({ url }: Balancer, localAddress: string, forged: string): Promise<number> {
  const headers = { 'X-API-Key': 'a wrong key', 'X-Forwarded-For': forged };
  return new Promise((resolve, reject) => {
    get(`${url}/status`, { localAddress, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).once('error', reject);
  });
}

describe('two replicas behind the balancer of the Compose file', () => {
  it(
    'are one service, also for waiting requests',
    balanced(async (balancer, replicas) => {
      const leases = [await ask(balancer, 'GET', '/session'), await ask(balancer, 'GET', '/session')];
      expect(leases.map(({ status }) => status)).toEqual([200, 200]);
      const held = [1, 2].map(() => ask(balancer, 'GET', '/session?wait=30'));
      await until(async () => (await (replicas[0] as Service).status()).waiting === 2);
      for (const { body } of leases) {
        const { session_id, lease_id } = body;
        const path = `/release?session_id=${session_id}&lease_id=${lease_id}`;
        expect((await ask(balancer, 'POST', path)).status).toBe(200);
      }
      expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    }),
  );

  it(
    'answer every request when one of them is down',
    balanced(async (balancer, replicas) => {
      await replicas[1]?.stop();
      for (let asked = 0; asked < 20; asked += 1) {
        expect((await ask(balancer, 'GET', '/status')).status).toBe(200);
      }
    }),
  );

  it(
    'distinguish clients by what the balancer reports',
    balanced(async (balancer) => {
      for (let tried = 0; tried < 10; tried += 1) {
        // The client's own claim does not count.
        expect(await guess(balancer, '127.0.0.2', `198.51.100.${tried}`)).toBe(403);
      }
      expect(await guess(balancer, '127.0.0.2', '203.0.113.9')).toBe(429);
      expect(await guess(balancer, '127.0.0.3', '203.0.113.9')).toBe(403);
    }),
  );

  it(
    'see a client that is trusted as a proxy under its own address, whatever it claims',
    balanced(async (balancer) => {
      for (let tried = 0; tried < 10; tried += 1) {
        expect(await guess(balancer, '127.0.0.2', `198.51.100.${tried}, 127.0.0.2`)).toBe(403);
      }
      expect(await guess(balancer, '127.0.0.2', '203.0.113.9')).toBe(429);
    }, 'loopback'),
  );

  it(
    'stream events',
    balanced(async (balancer) => {
      const ends = new AbortController();
      const headers = { 'X-API-Key': KEYS.monitor };
      const answer = await fetch(`${balancer.url}/events`, { headers, signal: ends.signal });
      const reader = answer.body?.getReader();
      const first = await reader?.read();
      expect(Buffer.from(first?.value ?? []).toString()).toContain('retry: 2000');
      ends.abort();
    }),
  );
});
