import { describe, expect, it } from '@jest/globals';
import { Api } from 'telegram/index.js';
import type { ConnectedOptions } from '../../../clients/typescript/src/connected.js';
import { LeaseLost } from '../../../clients/typescript/src/errors.js';
import { type World, withTelegram } from '../../logins/over_sandbox.js';
import { application } from '../../sandbox/gramjs.js';
import { until } from '../../service/manual_time.js';
import { clientOf, failureOf } from './client_under_test.js';
import { cutsOffWithTheLease } from './cut_off.js';
import { loggedIn, openOf } from './leased_account.js';

const OPTIONS: ConnectedOptions = { ...application, client: { connectionRetries: 1 } };

const whoAmI = () => new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });

describe('pool.withTelegram', () => {
  it(
    'gives a connected GramJS client, and disconnects it before the session is released',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client, runtime } = clientOf(world.service);
      let connected: boolean | undefined;
      const { fetch } = runtime;
      const me = client.pool.withTelegram(async (telegram, session) => {
        runtime.fetch = (url, init) => {
          if (url.endsWith('/release')) connected = telegram.connected;
          return fetch.call(runtime, url, init);
        };
        const [user] = await telegram.invoke(whoAmI());
        expect(openOf(world)).toBe(1);
        return [session.session_id, user instanceof Api.User ? user.firstName : null];
      }, OPTIONS);
      expect(await me).toEqual([1, 'Dan']);
      expect(connected).toBe(false);
      await until(() => openOf(world) === 0);
      expect(await world.service.status()).toMatchObject({ free: 1 });
      expect(world.sandbox.connections.overlaps()).toEqual([]);
      expect(runtime.waiting).toBe(0);
    }),
  );

  it(
    'gives GramJS what the session knows of the channel, which it need not resolve',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client } = clientOf(world.service);
      const options = { ...OPTIONS, channel: '@sandbox_news' };
      await client.pool.withTelegram(async (telegram, session) => {
        expect(session.peer).toBeNull();
        const { chats } = await telegram.invoke(
          new Api.contacts.ResolveUsername({ username: 'sandbox_news' }),
        );
        const peers = chats.flatMap((chat) =>
          chat instanceof Api.Channel
            ? [
                {
                  id: BigInt(`${chat.id}`),
                  access_hash: BigInt(`${chat.accessHash}`),
                  username: 'sandbox_news',
                },
              ]
            : [],
        );
        await session.savePeers(peers);
      }, options);
      const read = client.pool.withTelegram(
        (telegram) => telegram.getMessages('sandbox_news', { limit: 3 }),
        options,
      );
      expect(await read).toHaveLength(3);
      expect(world.sandbox.resolves.list()).toHaveLength(1);
    }),
  );

  it(
    'reports a flood with its method, and keeps the error',
    withTelegram(async (world) => {
      await loggedIn(world);
      world.sandbox.faults.add({ fault: 'FLOOD_WAIT_600', method: 'users.getUsers' });
      const { client, runtime } = clientOf(world.service);
      const work = client.pool.withTelegram((telegram) => telegram.invoke(whoAmI()), OPTIONS);
      expect(await failureOf(work)).toMatchObject({ seconds: 600 });
      const [{ body } = { body: null }] = runtime.to('/report');
      expect(JSON.parse(body ?? '')).toMatchObject({ error: 'FLOOD_WAIT_600', method: 'users.GetUsers' });
      expect(await world.service.status()).toMatchObject({ flooded_for_methods: 1 });
    }),
  );

  it(
    'cuts the client off when the work reports that its session is dead, and keeps what the work says of it',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client, runtime } = clientOf(world.service);
      const stopped = new Error('the account is gone');
      const work = client.pool.withTelegram(async (telegram, session) => {
        await telegram.invoke(whoAmI());
        const { action } = await session.report('USER_DEACTIVATED');
        expect(action).toBe('stop');
        await until(() => openOf(world) === 0);
        throw stopped;
      }, OPTIONS);
      expect(await failureOf(work)).toBe(stopped);
      expect(runtime.to('/release')).toEqual([]);
      expect(runtime.waiting).toBe(0);
    }),
  );

  it(
    'ends soon although the work goes on with a session that it has given up',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client, runtime } = clientOf(world.service);
      const work = failureOf(
        client.pool.withTelegram(async (telegram, session) => {
          await telegram.invoke(whoAmI());
          await session.floodWait(5);
          return new Promise(() => {});
        }, OPTIONS),
      );
      await until(() => runtime.to('/floodwait').length === 1);
      await runtime.idle();
      await world.service.time.advance(2);
      expect(await work).toBeInstanceOf(LeaseLost);
      expect(openOf(world)).toBe(0);
    }),
  );

  cutsOffWithTheLease((pool, work, options) =>
    pool.withTelegram((telegram) => work(() => telegram.invoke(whoAmI())), { ...OPTIONS, ...options }),
  );

  it(
    'rejects once, and leaves no rejection unhandled, if the lease is lost as the work begins',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client, runtime } = clientOf(world.service);
      const unhandled: unknown[] = [];
      const note = (error: unknown) => unhandled.push(error);
      process.on('unhandledRejection', note);
      const work = client.pool.withTelegram(async (_, session) => {
        runtime.wakeAfter(300_000);
        session.ensureHeld();
      }, OPTIONS);
      expect(await failureOf(work)).toBeInstanceOf(LeaseLost);
      await until(() => openOf(world) === 0);
      process.off('unhandledRejection', note);
      expect(unhandled).toEqual([]);
    }),
  );

  it(
    'gives the session back if Telegram is not reached in time',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { service, sandbox } = world;
      const { client, runtime } = clientOf(service);
      for (const dc of sandbox.modes().keys()) await sandbox.behave(dc + 1, 'silent');
      const never = () => Promise.reject(new Error('it must not be called'));
      const work = failureOf(client.pool.withTelegram(never, { ...OPTIONS, connectTimeout: 5 }));
      await until(() => runtime.to('/session').length === 1);
      await runtime.idle();
      expect(runtime.holding).toBe(1);
      await service.time.advance(5);
      await until(async () => {
        await service.time.advance(0.1);
        return (await service.status()).free === 1;
      });
      expect(String(await work)).toContain('Telegram was not reached within 5 seconds');
      expect(runtime.waiting).toBe(0);
    }),
  );

  it(
    'does not connect without the proxy of the session',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client } = clientOf(world.service, { who: 'admin' });
      await client.sessions.update(1, { proxy: 'http://user:pass@127.0.0.1:1' as never });
      const called = sandboxCalls(world);
      const failed = await failureOf(client.pool.withTelegram(async () => 'never', OPTIONS));
      expect(String(failed)).toBe("Error: GramJS can't use the session's http proxy");
      expect(sandboxCalls(world)).toBe(called);
      expect(await world.service.status()).toMatchObject({ free: 1 });
    }),
  );
});

function sandboxCalls({ sandbox }: World): number {
  return sandbox.connections.list().length;
}
