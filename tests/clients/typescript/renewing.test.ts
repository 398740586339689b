import { describe, expect, it } from '@jest/globals';
import { ConnectionFailed, LeaseLost } from '../../../clients/typescript/src/errors.js';
import { until } from '../../service/manual_time.js';
import { type Service, some, withService } from '../../service/service.js';
import { type ClientRuntime, clientOf, failureOf } from './client_under_test.js';

const ONE = { files: some(1) };
const heartbeats = (runtime: ClientRuntime) => runtime.to('/heartbeat').length;

/** Lets time pass until the next heartbeat was answered; `seconds`: when it is due. */
async function oneHeartbeat(service: Service, runtime: ClientRuntime, seconds: number): Promise<void> {
  await service.time.advance(seconds);
  await runtime.idle();
}

describe('a lease that is held', () => {
  it(
    'is renewed at a third of its time, with no end',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire({ ttl: 30 });
      for (let hours = 0; hours < 200; hours += 1) await oneHeartbeat(service, runtime, 10);
      expect(heartbeats(runtime)).toBe(200);
      expect(lease.held).toBe(true);
      expect(await client.pool.status()).toMatchObject({ in_use: 1 });
      await lease.release();
      expect(runtime.waiting).toBe(0);
      await service.time.advance(3600);
      expect(heartbeats(runtime)).toBe(200);
    }, ONE),
  );

  it(
    'is renewed within the minute for which a session cools down that an admin took, however long it is',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire({ ttl: 10_800 });
      await service.as('admin').post('/release').send({ session_id: 1 }).expect(200);
      await service.time.advance(49);
      expect(lease.signal.aborted).toBe(false);
      await service.time.advance(1);
      await until(() => lease.signal.aborted);
      expect(await service.status()).toMatchObject({ free: 0 });
      expect(heartbeats(runtime)).toBe(1);
    }, ONE),
  );

  it(
    'survives a service that is away for less than its time',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire({ ttl: 300 });
      runtime.fate = () => 'lost';
      await service.time.advance(280);
      expect(heartbeats(runtime)).toBeGreaterThan(10);
      runtime.fate = () => 'arrives';
      await oneHeartbeat(service, runtime, 7);
      await service.time.advance(90);
      expect(lease.signal.aborted).toBe(false);
      await lease.release();
    }, ONE),
  );

  it(
    'is given up before its time is over, by the clock of the worker, though nothing answers',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      let endedAt = 0;
      const startedAt = runtime.monotonic();
      const lease = await client.pool.acquire({ ttl: 300 });
      lease.signal.addEventListener('abort', () => {
        endedAt = runtime.monotonic() - startedAt;
      });
      runtime.fate = () => 'silence';
      await service.time.advance(294);
      expect(lease.signal.aborted).toBe(false);
      await service.time.advance(2);
      expect(lease.signal.reason).toBeInstanceOf(LeaseLost);
      expect(lease.signal.reason.cause).toBeInstanceOf(ConnectionFailed);
      expect(endedAt).toBe(295_000);
      expect(lease.held).toBe(false);
      expect(await service.status()).toMatchObject({ in_use: 1 });
    }, ONE),
  );

  it(
    'is given up at once when the service says that it is over',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire({ ttl: 300 });
      await service.as('admin').post('/release').send({ session_id: 1 }).expect(200);
      await service.time.advance(100);
      await until(() => lease.signal.aborted);
      expect(String(lease.signal.reason)).toBe(
        'LeaseLost: the lease of session 1 is lost: the service says so',
      );
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'is given up without a request by a process that was stopped for longer',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire({ ttl: 60 });
      runtime.stoppedFor = 61_000;
      await client.pool.status();
      await service.time.advance(20);
      expect(lease.signal.reason).toBeInstanceOf(LeaseLost);
      expect(() => lease.ensureHeld()).toThrow(LeaseLost);
      expect(heartbeats(runtime)).toBe(0);
    }, ONE),
  );

  it(
    'has its deadline moved by a renewal from when that was sent, never back',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire({ ttl: 100 });
      await service.time.advance(20);
      await lease.renew();
      runtime.fate = () => 'lost';
      await service.time.advance(94);
      expect(lease.held).toBe(true);
      await service.time.advance(2);
      expect(lease.held).toBe(false);
    }, ONE),
  );

  it(
    'aborts its work with the signal of the caller, and is still released',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const controller = new AbortController();
      const stop = new Error('the worker stops');
      const work = client.pool.withSession(
        (_session, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        { signal: controller.signal },
      );
      const ended = failureOf(work);
      await until(() => runtime.sent.length === 1);
      await runtime.idle();
      controller.abort(stop);
      expect(await ended).toBe(stop);
      expect(await service.status()).toMatchObject({ in_use: 0, free: 1 });
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );
});
