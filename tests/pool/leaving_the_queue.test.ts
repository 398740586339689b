import { request as httpRequest } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some, withService } from '../service/service.js';
import { hold, inQueue, release } from './holding.js';

/** A waiting request whose caller can hang up. */
function holdOnWire(service: Service, query: string, headers: Record<string, string> = {}): () => void {
  const request = httpRequest(`${service.url}/session?${query}`, {
    agent: false,
    headers: { 'X-API-Key': KEYS.worker, ...headers },
  });
  request.on('error', () => undefined).end();
  return () => void request.destroy();
}

describe('waiting requests', () => {
  it(
    'leave the queue when their caller hangs up, and the session goes to the next one',
    withService(
      async (service) => {
        const { session_id } = await service.lease();
        const hangUp = holdOnWire(service, 'wait=60');
        await inQueue(service, 1);
        const next = hold(service, 'wait=60', 'next', []);
        await inQueue(service, 2);
        hangUp();
        await inQueue(service, 1);
        await release(service, session_id);
        expect((await next).status).toBe(200);
      },
      { files: some(1) },
    ),
  );

  it(
    'return a lease that was granted to a client that disconnected at that moment',
    withService(
      async (service) => {
        for (let turn = 0; turn < 20; turn += 1) {
          const { session_id } = await service.lease();
          const hangUp = holdOnWire(service, 'wait=60', turn % 2 ? { 'Idempotency-Key': `k${turn}` } : {});
          await inQueue(service, 1);
          const freed = release(service, session_id);
          hangUp();
          await freed;
          await until(async () => (await service.status()).free === 1);
        }
      },
      { files: some(1) },
    ),
  );

  it(
    'with the same Idempotency-Key share one lease',
    withService(
      async (service) => {
        const { session_id } = await service.lease();
        const ask = () =>
          service
            .as('worker')
            .get('/session?wait=60')
            .set('Idempotency-Key', 'k')
            .then((answer) => answer);
        const held = [ask(), ask()];
        await inQueue(service, 2);
        await release(service, session_id);
        const [one, two] = (await Promise.all(held)).map(({ body }) => body.lease_id);
        expect(one).toBe(two);
      },
      { files: some(2).slice(1) },
    ),
  );

  it(
    'are answered with 503 and Retry-After when the service stops',
    withService(
      async (service) => {
        await service.lease();
        const held = hold(service, 'wait=60', 'held', []);
        await inQueue(service, 1);
        service.container.quiesce();
        const answer = await held;
        expect(answer.status).toBe(503);
        expect(answer.body.detail.error).toBe('shutting_down');
        expect(answer.headers['retry-after']).toBe('1');
        await service.as('worker').get('/session').expect(503);
      },
      { files: some(2).slice(1) },
    ),
  );
});
