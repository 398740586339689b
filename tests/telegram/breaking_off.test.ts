import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { nodeTimers } from '../../src/kernel/timers.js';
import { TelegramTimeout, TelegramUnreachable } from '../../src/telegram/errors.js';
import type { ConnectedAccount } from '../../src/telegram/gateway.js';
import { createLazyGateway } from '../../src/telegram/lazy_gateway.js';
import { ManualTime, until } from '../service/manual_time.js';
import {
  type GatewayUnderTest,
  gatewayUnderTest,
  loginOf,
  rejectionOf,
  whoAmI,
} from './gateway_under_test.js';

const ada = '+9996610001';
let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
  await under.accessOf(ada);
});
afterEach(async () => {
  under.telegram.sandbox.faults.clear();
  await until(() => under.openConnections() === 0);
});
afterAll(() => under.close());

const hang = () => under.telegram.sandbox.faults.add({ fault: 'hang', phone: ada });
/** Waits until a request has arrived that is not answered. */
const asked = () =>
  until(() =>
    under.telegram.sandbox.connections
      .list()
      .some(({ closedAt, requests }) => closedAt === null && requests > 0),
  );

test('aborts work that has used up its time', async () => {
  const time = new ManualTime();
  hang();
  const access = { ...(await under.accessOf(ada)), withinSeconds: 5 };
  const work = under.another({ timers: time }).withAccount(access, whoAmI);
  await asked();
  const { error, seconds } = await rejectionOf(work, time);
  expect(error).toBeInstanceOf(TelegramTimeout);
  expect(seconds).toBe(5);
});

test('aborts work that waits for something else, and allows it no more calls', async () => {
  const time = new ManualTime();
  const access = { ...(await under.accessOf(ada)), withinSeconds: 5 };
  let kept: ConnectedAccount | undefined;
  const work = under.another({ timers: time }).withAccount(access, (account) => {
    kept = account;
    return new Promise<never>(() => {});
  });
  await until(() => kept !== undefined);
  const { error } = await rejectionOf(work, time);
  expect(error).toBeInstanceOf(TelegramTimeout);
  await expect(kept?.whoAmI()).rejects.toBe(error);
});

test('aborts work by its signal, with the reason', async () => {
  hang();
  const controller = new AbortController();
  const access = { ...(await under.accessOf(ada)), signal: controller.signal };
  const work = under.gateway.withAccount(access, whoAmI);
  await asked();
  const reason = new Error('the lease is over');
  controller.abort(reason);
  await expect(work).rejects.toBe(reason);
});

test('does not start work whose signal was already aborted', async () => {
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  const reason = new Error('too late');
  const access = { ...(await under.accessOf(ada)), signal: AbortSignal.abort(reason) };
  await expect(under.gateway.withAccount(access, whoAmI)).rejects.toBe(reason);
  expect(connections.list()).toHaveLength(before);
});

test('closes all connections when it is closed, and rejects later calls', async () => {
  hang();
  const gateway = createLazyGateway({ network: under.network, timers: nodeTimers });
  const access = await under.accessOf(ada);
  const work = gateway.withAccount(access, whoAmI);
  const ended = expect(work).rejects.toThrow("Telegram can't be reached: the service is stopping");
  await asked();
  await gateway.close();
  await until(() => under.openConnections() === 0);
  await ended;
  await expect(gateway.withAccount(access, whoAmI)).rejects.toBeInstanceOf(TelegramUnreachable);
  await expect(gateway.sendCode(loginOf(ada))).rejects.toBeInstanceOf(TelegramUnreachable);
  await gateway.close();
  const eager = under.another();
  await eager.close();
  await expect(eager.withAccount(access, whoAmI)).rejects.toBeInstanceOf(TelegramUnreachable);
});
