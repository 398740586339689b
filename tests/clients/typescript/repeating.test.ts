import { describe, expect, it } from '@jest/globals';
import { ConnectionFailed, TeleGateError } from '../../../clients/typescript/src/errors.js';
import { until } from '../../service/manual_time.js';
import { type Service, some, withService } from '../../service/service.js';
import { type ClientRuntime, clientOf, failureOf } from './client_under_test.js';

const TWO = { files: some(2) };
const keysOf = (runtime: ClientRuntime) =>
  new Set(runtime.to('/session').map(({ headers }) => headers['Idempotency-Key']));

/** The service's answer if it lost its database during the commit. */
const undecided = () =>
  Response.json(
    { detail: { error: 'storage_unavailable' } },
    { status: 503, headers: { 'Retry-After': '3' } },
  );

/** Lets time pass in small steps until the work is done. */
async function inTime<Result>(
  service: Service,
  runtime: ClientRuntime,
  work: Promise<Result>,
): Promise<Result> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await until(async () => {
    await runtime.idle();
    if (!done) await service.time.advance(0.05);
    return done;
  });
  return work;
}

describe('a request for a session', () => {
  it(
    'whose answer is lost gets the same lease again, not a second one',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      runtime.fate = () => (runtime.sent.length < 3 ? 'unanswered' : 'arrives');
      const lease = await inTime(service, runtime, client.pool.acquire());
      expect(runtime.to('/session')).toHaveLength(3);
      expect(keysOf(runtime).size).toBe(1);
      expect(await service.status()).toMatchObject({ in_use: 1, free: 1 });
      await lease.release();
    }, TWO),
  );

  it(
    'counts the time of its lease from the first attempt that may have got it',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const startedAt = runtime.monotonic();
      runtime.fate = () => (runtime.sent.length < 4 ? 'unanswered' : 'arrives');
      const lease = await inTime(service, runtime, client.pool.acquire({ ttl: 60 }));
      runtime.fate = () => 'lost';
      await service.time.advance((startedAt + 54_900 - runtime.monotonic()) / 1000);
      expect(lease.held).toBe(true);
      await service.time.advance(0.2);
      expect(lease.held).toBe(false);
    }, TWO),
  );

  it(
    'counts it from there also if the service did not know what became of the first attempt',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const startedAt = runtime.monotonic();
      const { fetch } = runtime;
      runtime.fetch = async (url, init) => {
        const response = await fetch.call(runtime, url, init);
        return runtime.sent.length === 1 ? undecided() : response;
      };
      const lease = await inTime(service, runtime, client.pool.acquire({ ttl: 60 }));
      expect(keysOf(runtime).size).toBe(1);
      expect(runtime.monotonic() - startedAt).toBeGreaterThan(2_000);
      runtime.fate = () => 'lost';
      await service.time.advance((startedAt + 55_100 - runtime.monotonic()) / 1000);
      expect(lease.held).toBe(false);
    }, TWO),
  );

  it(
    'takes a lease whose answer was read late only if it still holds',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      runtime.stoppedFor = 30_000;
      runtime.fate = ({ path }) => {
        if (path !== '/heartbeat') return 'arrives';
        runtime.stoppedFor = 0;
        return 'arrives';
      };
      const lease = await client.pool.acquire({ ttl: 60 });
      expect(runtime.to('/heartbeat')).toHaveLength(1);
      expect(lease.held).toBe(true);
      await lease.release();
    }, TWO),
  );

  it(
    'takes another one if the lease ran out while its answer was under way',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const { fetch } = runtime;
      runtime.fetch = async (url, init) => {
        const response = await fetch.call(runtime, url, init);
        // The worker was stopped between the answer and its first look at it.
        if (runtime.sent.length === 1) await service.time.advance(130);
        return response;
      };
      const lease = await client.pool.acquire({ ttl: 60 });
      expect(keysOf(runtime).size).toBe(2);
      expect(lease.held).toBe(true);
      expect(await service.status()).toMatchObject({ in_use: 1 });
      await lease.release();
    }, TWO),
  );

  it(
    'gets over a restart of the service, and waits as long as that asks',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const detail = { error: 'shutting_down' };
      const stopping = () => Response.json({ detail }, { status: 503, headers: { 'Retry-After': '3' } });
      runtime.fate = () => [stopping(), 'lost' as const][runtime.sent.length - 1] ?? 'arrives';
      const startedAt = service.time.monotonic();
      const lease = await inTime(service, runtime, client.pool.acquire());
      expect(service.time.monotonic() - startedAt).toBeGreaterThanOrEqual(3_000);
      expect(runtime.to('/session')).toHaveLength(3);
      await lease.release();
    }, TWO),
  );

  it(
    'fails after half a minute without a service if it does not wait',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      runtime.fate = () => 'lost';
      const failed = failureOf(client.pool.acquire());
      await service.time.advance(36);
      expect(await failed).toBeInstanceOf(ConnectionFailed);
      expect(String(await failed)).toContain('connection refused');
      expect(runtime.waiting).toBe(0);
    }, TWO),
  );
});

describe('a call', () => {
  it(
    'is repeated after a 503, and after a lost answer if that does no harm',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { who: 'admin' });
      const fates = ['lost', 'unanswered', new Response('gone', { status: 503 })] as const;
      runtime.fate = () => fates[runtime.sent.length - 1] ?? 'arrives';
      expect(await inTime(service, runtime, client.pool.restore(1))).toMatchObject({ status: 'restored' });
      expect(runtime.sent).toHaveLength(4);
    }, TWO),
  );

  it(
    'that would take effect twice is not repeated unless the service says that nothing was done',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { who: 'admin' });
      runtime.fate = () => 'unanswered';
      const wanted = { name: 'one', role: 'worker' } as const;
      await expect(client.keys.create(wanted)).rejects.toMatchObject({ name: 'ConnectionFailed' });
      expect(runtime.sent).toHaveLength(1);
      const lease = await clientOf(service).client.pool.acquire();
      const dead = failureOf(
        client.call('POST /report', { body: { ...lease.toJSON(), error: 'AUTH_KEY_UNREGISTERED' } } as never),
      );
      expect(await dead).toBeInstanceOf(ConnectionFailed);
      expect(runtime.sent).toHaveLength(2);
      runtime.fate = undecided;
      await expect(client.keys.create(wanted)).rejects.toMatchObject({ code: 'storage_unavailable' });
      expect(runtime.sent).toHaveLength(3);
      await lease.release();
    }, TWO),
  );

  it(
    'without an answer ends after its time',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { timeout: 4, retryFor: 0 });
      runtime.fate = () => 'silence';
      const failed = failureOf(client.pool.status());
      await service.time.advance(4);
      expect(String(await failed)).toContain('none within 4 s');
      expect(runtime.waiting).toBe(0);
    }, TWO),
  );

  // As Node's up to 22, if the time is over when the last byte arrives.
  it(
    'whose answer neither ends nor fails ends after its time',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { timeout: 4, retryFor: 0 });
      runtime.fate = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
      const failed = failureOf(client.pool.status());
      await service.time.advance(4);
      expect(String(await failed)).toContain('none within 4 s');
      expect(runtime.waiting).toBe(0);
    }, TWO),
  );

  it(
    'to sync, which may read many files, gets as long as Node waits for an answer',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { who: 'admin', retryFor: 0 });
      runtime.fate = () => 'silence';
      const failed = failureOf(client.pool.sync());
      await service.time.advance(299);
      expect(runtime.waiting).toBe(1);
      await service.time.advance(1);
      expect(String(await failed)).toContain('none within 300 s');
    }, TWO),
  );

  it(
    'to something that is no TeleGate says so',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { retryFor: 0 });
      runtime.fate = () => new Response('<h1>It works!</h1>', { headers: { 'Content-Type': 'text/html' } });
      expect(String(await failureOf(client.pool.status()))).toContain('is baseUrl right?');
      runtime.fate = () => new Response('<h1>Bad Gateway</h1>', { status: 502 });
      const refused = await failureOf(client.pool.status());
      expect(refused).toBeInstanceOf(TeleGateError);
      expect(refused).toMatchObject({ status: 502, code: 'http_502' });
    }, TWO),
  );
});
