import { describe, expect, it } from '@jest/globals';
import { NoFreeSession } from '../../../clients/typescript/src/errors.js';
import { until } from '../../service/manual_time.js';
import { type Service, some, withService } from '../../service/service.js';
import { type ClientRuntime, clientOf, failureOf } from './client_under_test.js';

const ONE = { files: some(1) };

/** Resolves once this many requests are in the queue. */
async function inLine(service: Service, count: number): Promise<void> {
  await until(() => service.container.pool.waiting === count);
}

/** Lets the time of one request in the queue pass, and waits until the client is in it again. */
async function oneRound(service: Service, runtime: ClientRuntime): Promise<void> {
  const { length } = runtime.to('/session');
  await service.time.advance(60);
  await until(() => runtime.to('/session').length > length);
  await inLine(service, 1);
}

describe('waiting for a session', () => {
  it(
    'goes on beyond what one request may wait, for as long as it takes',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const held = await service.lease('ttl=86400', 'rival');
      const work = client.pool.withSession(async ({ session_id }) => session_id);
      await inLine(service, 1);
      for (let round = 0; round < 4; round += 1) await oneRound(service, runtime);
      await service.as('rival').post('/release').send(held).expect(200);
      expect(await work).toBe(1);
      expect(runtime.to('/session').map(({ path }) => /wait=(\d+)/.exec(path)?.[1])).toEqual(
        Array(5).fill('60'),
      );
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'ends when it has taken as long as allowed, to the second',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      await service.lease('', 'rival');
      const refused = failureOf(client.pool.acquire({ wait: 90 }));
      await inLine(service, 1);
      await oneRound(service, runtime);
      await service.time.advance(30);
      expect(await refused).toBeInstanceOf(NoFreeSession);
      expect(runtime.to('/session').map(({ path }) => /wait=(\d+)/.exec(path)?.[1])).toEqual(['60', '30']);
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'ends with the signal, and leaves the queue',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      await service.lease('', 'rival');
      const controller = new AbortController();
      const refused = failureOf(client.pool.acquire({ wait: 3600, signal: controller.signal }));
      await inLine(service, 1);
      const reason = new Error('the worker stops');
      controller.abort(reason);
      expect(await refused).toBe(reason);
      await inLine(service, 0);
      await until(() => runtime.waiting === 0);
    }, ONE),
  );

  it(
    'leaves no lease behind whose answer was under way when the signal came',
    withService(
      async (service) => {
        const { client, runtime } = clientOf(service);
        const controller = new AbortController();
        const { fetch } = runtime;
        runtime.fetch = async (url, init) => {
          const response = await fetch.call(runtime, url, init);
          controller.abort();
          return response;
        };
        await expect(client.pool.acquire({ signal: controller.signal })).rejects.toThrow('aborted');
        await until(async () => (await service.status()).free === 2 && runtime.waiting === 0);
        expect(new Set(runtime.to('/session').map(({ headers }) => headers['Idempotency-Key'])).size).toBe(1);
        expect(runtime.to('/release')).toHaveLength(1);
      },
      { files: some(2) },
    ),
  );

  it(
    'waits for a lease of its own key, where those are limited',
    withService(
      async (service) => {
        const wanted = { name: 'one', role: 'worker', max_leases: 1 };
        const { body } = await service.as('admin').post('/keys').send(wanted).expect(201);
        const { client } = clientOf(service, { apiKey: body.key });
        const lease = await client.pool.acquire();
        await expect(client.pool.acquire()).rejects.toMatchObject({
          status: 429,
          code: 'max_leases_reached',
        });
        const second = client.pool.acquire({ wait: 600 });
        await lease.release();
        for (let tries = 0; tries < 3; tries += 1) await service.time.advance(1);
        await until(async () => {
          await service.time.advance(1);
          return (await service.status()).in_use === 1;
        });
        await (await second).release();
      },
      { files: some(2) },
    ),
  );

  it(
    'comes back when told if the service does not hold the request',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const detail = { error: 'no_free_session', next_release_in: 7 };
      const refusal = () => Response.json({ detail }, { status: 503, headers: { 'Retry-After': '7' } });
      runtime.fate = () => (runtime.sent.length > 1 ? 'arrives' : refusal());
      const leased = client.pool.acquire({ wait: 600 });
      await runtime.idle();
      await service.time.advance(6.9);
      expect(runtime.sent).toHaveLength(1);
      await service.time.advance(0.2);
      await (await leased).release();
    }, ONE),
  );
});
