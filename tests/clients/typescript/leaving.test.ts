import { describe, expect, it } from '@jest/globals';
import { errors } from 'telegram';
import { LeaseLost } from '../../../clients/typescript/src/errors.js';
import type { Lease } from '../../../clients/typescript/src/lease.js';
import { until } from '../../service/manual_time.js';
import { some, withService } from '../../service/service.js';
import { clientOf, failureOf } from './client_under_test.js';

const ONE = { files: some(1) };

/** As GramJS raises it. */
function flood(seconds: number, className = 'messages.GetHistory'): Error {
  return errors.RPCMessageToError(
    { errorMessage: `FLOOD_WAIT_${seconds}`, errorCode: 420 } as never,
    {
      className,
    } as never,
  );
}

describe('the end of pool.withSession', () => {
  it(
    'releases the session and returns the result',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      expect(await client.pool.withSession(async ({ session_name }) => session_name)).toBe('s001');
      expect(await service.status()).toMatchObject({ free: 1 });
      expect(runtime.to('/report')).toEqual([]);
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'keeps the error of the work, and releases',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const bug = new Error('a bug, with ECONNRESET in it');
      expect(await failureOf(client.pool.withSession(() => Promise.reject(bug)))).toBe(bug);
      expect(runtime.to('/report')).toEqual([]);
      expect(await service.status()).toMatchObject({ free: 1 });
    }, ONE),
  );

  it(
    "reports an error that is Telegram's, with its method, before it releases",
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const raised = flood(3600);
      expect(await failureOf(client.pool.withSession(() => Promise.reject(raised)))).toBe(raised);
      expect(runtime.sent.slice(1).map(({ path }) => path)).toEqual(['/report', '/release']);
      expect(JSON.parse(runtime.to('/report')[0]?.body ?? '')).toMatchObject({
        error: 'FLOOD_WAIT_3600',
        method: 'messages.GetHistory',
      });
      expect(await service.status()).toMatchObject({ in_floodwait: 1, flooded_for_methods: 1 });
      const other = { method: 'users.getUsers' };
      expect(await client.pool.withSession(async ({ session_id }) => session_id, other)).toBe(1);
    }, ONE),
  );

  it(
    'does not report an error again that the work has reported: Telegram has not said it twice',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const options = { errorMessage: 'AUTH_KEY_UNREGISTERED', errorCode: 401 } as never;
      const raised = errors.RPCMessageToError(options, { className: 'users.GetUsers' } as never);
      const wrapped = new Error('page 7 failed', { cause: raised });
      const work = client.pool.withSession(async (session) => {
        expect(await session.report(raised)).toMatchObject({ action: 'retry' });
        throw wrapped;
      });
      expect(await failureOf(work)).toBe(wrapped);
      expect(runtime.to('/report')).toHaveLength(1);
      expect(await service.status()).toMatchObject({ free: 1 });
    }, ONE),
  );

  it(
    'takes ten seconds at most without a service, and still keeps the error',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const raised = flood(60);
      const startedAt = runtime.monotonic();
      const work = client.pool.withSession(async () => {
        runtime.fate = () => 'silence';
        throw raised;
      });
      let took = 0;
      const ended = failureOf(work).then((error) => {
        took = runtime.monotonic() - startedAt;
        return error;
      });
      await until(() => runtime.to('/report').length === 1);
      await service.time.advance(30);
      expect(await ended).toBe(raised);
      expect(took).toBeLessThanOrEqual(10_000);
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'returns the result though the release fails, and the lease runs out',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const work = client.pool.withSession(async () => {
        runtime.fate = () => 'lost';
        return 'scraped';
      });
      await until(() => runtime.to('/release').length > 0);
      await service.time.advance(11);
      expect(await work).toBe('scraped');
      expect(runtime.waiting).toBe(0);
      await service.time.advance(300);
      expect(await service.status()).toMatchObject({ free: 1 });
    }, ONE),
  );

  it(
    'keeps the error of the block that a lease was used in',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const bug = new Error('a bug');
      const block = async () => {
        await using lease = await client.pool.acquire();
        runtime.fate = () => Response.json({ detail: { error: 'lease_lost' } }, { status: 409 });
        if (lease.held) throw bug;
      };
      expect(await failureOf(block())).toBe(bug);
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'gives work that honours the signal the reason that its lease is lost',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const work = client.pool.withSession(
        (_session, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        { ttl: 60 },
      );
      const ended = failureOf(work);
      await until(() => runtime.sent.length === 1);
      await runtime.idle();
      runtime.fate = ({ path }) => (path === '/heartbeat' ? 'lost' : 'arrives');
      await service.time.advance(56);
      expect(await ended).toBeInstanceOf(LeaseLost);
      expect(runtime.waiting).toBe(0);
      expect(await service.status()).toMatchObject({ free: 1 });
    }, ONE),
  );
});

describe('a lease that its holder has ended', () => {
  it(
    'is over for the work as well, whose error is kept, and is not released again',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const ends: readonly ((session: Lease) => Promise<unknown>)[] = [
        (session) => session.report('FLOOD_WAIT_5'),
        (session) => session.floodWait(5),
        (session) => session.invalidate(),
        (session) => session.report('SESSION_REVOKED'),
      ];
      const bug = new Error('a bug');
      for (const end of ends) {
        const work = client.pool.withSession(async (session, signal) => {
          await session.report('FLOOD_WAIT_5', { method: 'messages.getHistory' });
          expect(session.held).toBe(true);
          await end(session);
          expect(session.held).toBe(false);
          expect(signal.reason).toBeInstanceOf(LeaseLost);
          expect(() => session.ensureHeld()).toThrow(LeaseLost);
          throw bug;
        });
        expect(await failureOf(work)).toBe(bug);
        expect(runtime.to('/release')).toEqual([]);
        expect(runtime.waiting).toBe(0);
        await service.time.advance(6);
        await service.as('admin').post('/restore').send({ session_id: 1 }).expect(200);
      }
    }, ONE),
  );

  it(
    'is not released twice',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      await client.pool.withSession(async (session, signal) => {
        await session.release();
        expect([session.held, signal.aborted]).toEqual([false, false]);
      });
      expect(runtime.to('/release')).toHaveLength(1);
    }, ONE),
  );
});

describe('session.report', () => {
  it(
    'says what to do about it',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const advice = async (error: unknown, method?: string) => {
        const session = await client.pool.acquire({ method: 'users.getUsers' });
        const { action, wait_seconds } = await session.report(error, { ...(method && { method }) });
        await session.leave();
        return [action, wait_seconds];
      };
      expect(await advice(flood(20))).toEqual(['wait', 20]);
      expect(await advice(flood(20), 'messages.search')).toEqual(['wait', 20]);
      expect(JSON.parse(runtime.to('/report').at(-1)?.body ?? '').method).toBe('messages.search');
      expect(await advice('SLOWMODE_WAIT_60')).toEqual(['wait', 60]);
      expect(await advice(new Error('socket hang up'))).toEqual(['retry', undefined]);
      expect(await advice(new LeaseLost(1, 'test'))).toEqual(['swap', undefined]);
      expect(runtime.to('/report')).toHaveLength(3);
      expect(await advice('AUTH_KEY_DUPLICATED')).toEqual(['stop', undefined]);
      expect(await service.status()).toMatchObject({ unavailable_reasons: { dead: 1 } });
    }, ONE),
  );
});
