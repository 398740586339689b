import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Long, TcpTransport, type tl } from '@mtcute/node';
import { withTelegram } from '../../logins/over_sandbox.js';
import { application } from '../../sandbox/gramjs.js';
import { until } from '../../service/manual_time.js';
import { clientOf, failureOf } from './client_under_test.js';
import { cutsOffWithTheLease } from './cut_off.js';
import { loggedIn, openOf } from './leased_account.js';

const OPTIONS = { ...application, client: { network: { usePfs: false } } };
const WHO_AM_I: tl.users.RawGetUsersRequest = { _: 'users.getUsers', id: [{ _: 'inputUserSelf' }] };
/** A history from its newest message on. */
const ALL = { offsetId: 0, offsetDate: 0, addOffset: 0, maxId: 0, minId: 0, hash: Long.ZERO };

describe('pool.withMtcute', () => {
  it(
    'gives a connected mtcute client, and disconnects it before the session is released',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client, runtime } = clientOf(world.service);
      const { fetch } = runtime;
      let stopped: boolean | undefined;
      const me = client.pool.withMtcute(async (telegram, session) => {
        runtime.fetch = (url, init) => {
          if (url.endsWith('/release')) stopped = telegram.stopSignal.aborted;
          return fetch.call(runtime, url, init);
        };
        const [user] = await telegram.call(WHO_AM_I);
        expect(openOf(world)).toBe(1);
        return [session.session_id, user?._ === 'user' ? user.firstName : null];
      }, OPTIONS);
      expect(await me).toEqual([1, 'Dan']);
      expect(stopped).toBe(true);
      await until(() => openOf(world) === 0);
      expect(world.sandbox.connections.overlaps()).toEqual([]);
      expect(runtime.waiting).toBe(0);
    }),
  );

  it(
    'gives mtcute what the session knows of the channel, which it need not resolve',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client } = clientOf(world.service);
      const options = { ...OPTIONS, channel: '@sandbox_news' };
      await client.pool.withMtcute(async (telegram, session) => {
        const found = await telegram.resolveChannel('sandbox_news');
        if (found._ !== 'inputChannel') throw new Error('it is a channel');
        const { channelId: id, accessHash } = found;
        await session.savePeers([{ id, access_hash: BigInt(`${accessHash}`), username: 'sandbox_news' }]);
      }, options);
      const read = client.pool.withMtcute(async (telegram) => {
        const peer = await telegram.resolvePeer('sandbox_news');
        return telegram.call({ ...ALL, _: 'messages.getHistory', peer, limit: 3 });
      }, options);
      expect(await read).toMatchObject({ messages: { length: 3 } });
      expect(world.sandbox.resolves.list()).toHaveLength(1);
    }),
  );

  it(
    'reports a flood, and keeps the error',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { service, sandbox } = world;
      const { client, runtime } = clientOf(service);
      sandbox.faults.add({ fault: 'FLOOD_WAIT_600', method: 'users.getUsers', times: 1 });
      const flooded = client.pool.withMtcute((telegram) => telegram.call(WHO_AM_I), OPTIONS);
      expect(await failureOf(flooded)).toMatchObject({ text: 'FLOOD_WAIT_%d', seconds: 600 });
      expect(JSON.parse(runtime.to('/report')[0]?.body ?? '')).toMatchObject({ error: 'FLOOD_WAIT_600' });
      expect(await service.status()).toMatchObject({ free: 0, in_floodwait: 1 });
    }),
  );

  cutsOffWithTheLease((pool, work, options) =>
    pool.withMtcute((telegram) => work(() => telegram.call(WHO_AM_I)), { ...OPTIONS, ...options }),
  );

  it(
    'rejects a call after the end once, and leaves no rejection unhandled',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client } = clientOf(world.service);
      const unhandled: unknown[] = [];
      const note = (error: unknown) => unhandled.push(error);
      process.on('unhandledRejection', note);
      const late = await client.pool.withMtcute(async (telegram) => () => telegram.call(WHO_AM_I), OPTIONS);
      expect(String(await failureOf(late()))).toBe('Error: the lease is over');
      await setImmediate();
      process.off('unhandledRejection', note);
      expect(unhandled).toEqual([]);
    }),
  );

  it(
    'leaves it to the program what becomes of it at SIGTERM',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client } = clientOf(world.service);
      const listening = () => process.listenerCount('SIGTERM');
      const before = listening();
      expect(await client.pool.withMtcute(async () => listening(), OPTIONS)).toBe(before);
    }),
  );

  it(
    "uses a transport of the caller's own for one lease after the other",
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client } = clientOf(world.service);
      const options = { ...OPTIONS, client: { ...OPTIONS.client, transport: new TcpTransport() } };
      for (let lease = 0; lease < 2; lease += 1) {
        expect(await client.pool.withMtcute((telegram) => telegram.call(WHO_AM_I), options)).toHaveLength(1);
        await until(() => openOf(world) === 0);
      }
    }),
  );
});
