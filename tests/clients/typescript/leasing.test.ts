import { describe, expect, it } from '@jest/globals';
import { LeaseLost, NoFreeSession, TeleGateError } from '../../../clients/typescript/src/errors.js';
import type { Lease } from '../../../clients/typescript/src/lease.js';
import { some, withService } from '../../service/service.js';
import { clientOf, failureOf } from './client_under_test.js';

const ONE = { files: some(1) };

describe('pool.acquire', () => {
  it(
    'leases a session, which the end of the block releases',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      {
        await using lease = await client.pool.acquire();
        expect(lease).toMatchObject({ session_id: 1, session_name: 's001', held: true });
        expect(await client.pool.status()).toMatchObject({ in_use: 1 });
      }
      expect(await client.pool.status()).toMatchObject({ in_use: 0, free: 1 });
      expect(runtime.to('/release')).toHaveLength(1);
      expect(runtime.waiting).toBe(0);
    }, ONE),
  );

  it(
    'passes on what is wanted of the session',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const options = { tags: ['a', 'b'], method: 'messages.getHistory', ttl: 77, sessionId: 1 };
      await failureOf(client.pool.acquire(options));
      const { searchParams } = new URL(runtime.sent[0]?.path ?? '', service.url);
      expect(Object.fromEntries(searchParams)).toMatchObject({ ttl: '77', session_id: '1', wait: '0' });
      expect(searchParams.getAll('tag')).toEqual(['a', 'b']);
      expect(searchParams.get('method')).toBe('messages.getHistory');
    }, ONE),
  );

  it(
    'says when a session will be free if none is',
    withService(async (service) => {
      const { client } = clientOf(service);
      const lease = await client.pool.acquire();
      await lease.floodWait(120);
      const refused = await failureOf(client.pool.acquire());
      expect(refused).toBeInstanceOf(NoFreeSession);
      expect(refused).toMatchObject({ status: 503, code: 'no_free_session', nextReleaseIn: 120 });
      expect((refused as TeleGateError).requestId).toEqual(expect.any(String));
    }, ONE),
  );

  it(
    'tells a wrong key at once, by its code',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { apiKey: 'a-key-that-nobody-knows' });
      const refused = await failureOf(client.pool.acquire({ wait: 60 }));
      expect(refused).toBeInstanceOf(TeleGateError);
      expect(refused).toMatchObject({ status: 403, code: 'invalid_api_key' });
      expect(runtime.sent).toHaveLength(1);
      expect(String(refused)).not.toContain('a-key-that-nobody-knows');
    }, ONE),
  );
});

describe('a lease for a channel', () => {
  it(
    'saves what the session has found, exact to 64 bits, and gets it the next time',
    withService(
      async (service) => {
        const { client } = clientOf(service);
        const found = { id: 1234567890123456789n, access_hash: -9223372036854775808n, username: 'news' };
        const first = await client.pool.acquire({ channel: '@news' });
        expect(first.peer).toBeNull();
        await first.savePeers([found]);
        await first.release();
        const second = await client.pool.acquire({ channel: ['t.me/News', '@other_name'] });
        expect(second.details.peers).toEqual([{ ...found, type: 'channel', title: '' }, null]);
        await second.release();
        const third = await client.pool.acquire({ channel: '@news' });
        expect(third.peer).toMatchObject(found);
        const invalid = { errorMessage: 'CHANNEL_INVALID', code: 400, message: '400: CHANNEL_INVALID' };
        await third.report(invalid, { channel: '@news' });
        await third.release();
        const refused = await failureOf(client.pool.acquire({ channel: '@news' }));
        expect(refused).toBeInstanceOf(NoFreeSession);
        expect(refused).toMatchObject({ code: 'resolve_budget' });
      },
      { ...ONE, settings: { RESOLVE_BUDGET_PER_DAY: '2' } },
    ),
  );
});

describe('a lease', () => {
  it(
    'always names itself by its id',
    withService(async (service) => {
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.acquire();
      await lease.renew();
      await lease.report('SLOWMODE_WAIT_9');
      await lease.floodWait(1, 'messages.getHistory');
      await lease.release();
      const calls = runtime.sent.filter(({ method }) => method === 'POST');
      expect(calls.map(({ path }) => path)).toEqual(['/heartbeat', '/report', '/floodwait', '/release']);
      for (const { body } of calls)
        expect(JSON.parse(body ?? '')).toMatchObject({ lease_id: lease.lease_id });
    }, ONE),
  );

  it(
    'is released with the flood wait that ended the work',
    withService(async (service) => {
      const { client } = clientOf(service);
      await (await client.pool.acquire()).release({ floodWait: 29.5 });
      expect(await client.pool.status()).toMatchObject({ free: 0, in_floodwait: 1 });
      await service.time.advance(31);
      await client.pool.withSession(async (session) => session.invalidate('banned'));
      expect(await client.pool.status()).toMatchObject({ invalidated: 1 });
    }, ONE),
  );

  it(
    'that another has taken is told as lost',
    withService(async (service) => {
      const { client } = clientOf(service);
      const lease = await client.pool.acquire();
      await service.as('admin').post('/release').send({ session_id: 1 }).expect(200);
      await service.time.advance(61);
      const other = await clientOf(service, { who: 'rival' }).client.pool.acquire();
      expect(await failureOf(lease.release())).toBeInstanceOf(LeaseLost);
      expect(lease.signal.reason).toBeInstanceOf(LeaseLost);
      expect(lease.held).toBe(false);
      expect(other.held).toBe(true);
      await other.release();
    }, ONE),
  );
});

describe('pool.resume', () => {
  it(
    'takes a lease up again after a restart of the worker and of the service',
    withService(async (service) => {
      const first = await clientOf(service).client.pool.acquire({ ttl: 600 });
      const kept = JSON.stringify(first);
      await service.stop();
      await service.start();
      const { client, runtime } = clientOf(service);
      const lease = await client.pool.resume(JSON.parse(kept));
      expect(lease).toMatchObject({ session_id: 1, session_name: 's001', ttl: 600 });
      expect(JSON.parse(runtime.to('/heartbeat')[0]?.body ?? '')).toMatchObject({ ttl: 600 });
      await lease.release();
      expect(await client.pool.status()).toMatchObject({ free: 1 });
    }, ONE),
  );

  it(
    'needs no more than the ids, and refuses a lease that is over',
    withService(async (service) => {
      const { client } = clientOf(service);
      const { session_id, lease_id } = await client.pool.acquire();
      const lease: Lease = await client.pool.resume({ session_id, lease_id });
      expect(lease.session_name).toBeNull();
      await client.pool.release({ session_id, lease_id });
      const refused = await failureOf(client.pool.resume({ session_id, lease_id }));
      expect(refused).toBeInstanceOf(LeaseLost);
    }, ONE),
  );

  it(
    'is possible from what is kept, which holds no secret',
    withService(async (service) => {
      const { client } = clientOf(service);
      const lease = await client.pool.acquire();
      const proxy = { type: 'socks5', host: 'proxy.example', port: 1080, user: 'me', pass: 'secret' };
      Object.assign(lease, { details: { ...lease.details, session_string: 'secret', proxy } });
      expect(JSON.stringify(lease)).not.toContain('secret');
      expect(JSON.parse(JSON.stringify(lease))).toMatchObject({
        proxy: { host: 'proxy.example', pass: null },
      });
      await lease.release();
    }, ONE),
  );
});
