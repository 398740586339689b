import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';
import { ManualTime, until } from '../service/manual_time.js';
import {
  accessBy,
  type GatewayUnderTest,
  gatewayUnderTest,
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

async function asAda(): Promise<unknown> {
  return under.gateway.withAccount(await under.accessOf(ada), whoAmI);
}

test.each([
  'AUTH_KEY_UNREGISTERED',
  'AUTH_KEY_DUPLICATED',
  'SESSION_REVOKED',
  'SESSION_EXPIRED',
  'USER_DEACTIVATED_BAN',
  'PEER_FLOOD',
  'FROZEN_METHOD_INVALID',
  'USER_MIGRATE_3',
  'SLOWMODE_WAIT_60',
  'MSG_WAIT_FAILED',
  'RPC_CALL_FAIL',
])('calls %s by its name', async (fault) => {
  under.telegram.sandbox.faults.add({ fault, phone: ada });
  const refused = asAda();
  await expect(refused).rejects.toBeInstanceOf(TelegramRefused);
  await expect(refused).rejects.toMatchObject({ telegramError: fault, method: 'users.getUsers' });
});

test.each([
  ['FLOOD_WAIT_30', 30],
  ['FLOOD_PREMIUM_WAIT_10', 10],
  ['FLOOD_TEST_PHONE_WAIT_5', 5],
])('says how many seconds %s means', async (fault, seconds) => {
  under.telegram.sandbox.faults.add({ fault, phone: ada });
  const flood = asAda();
  await expect(flood).rejects.toBeInstanceOf(TelegramFlood);
  await expect(flood).rejects.toMatchObject({
    telegramError: fault,
    method: 'users.getUsers',
    retryAfterSeconds: seconds,
  });
});

test('calls the next method after one was rejected', async () => {
  under.telegram.sandbox.faults.add({ fault: 'RPC_CALL_FAIL', phone: ada, times: 1 });
  const access = await under.accessOf(ada);
  const account = await under.gateway.withAccount(access, async (connected) => {
    await expect(connected.whoAmI()).rejects.toMatchObject({ telegramError: 'RPC_CALL_FAIL' });
    return connected.whoAmI();
  });
  expect(account).toMatchObject({ firstName: 'Ada' });
});

test('reports a key unknown to the data centre as AUTH_KEY_UNREGISTERED', async () => {
  const access = accessBy({ dcId: 1, test: false, authKey: randomBytes(256) });
  const refused = under.gateway.withAccount(access, whoAmI);
  await expect(refused).rejects.toBeInstanceOf(TelegramRefused);
  await expect(refused).rejects.toMatchObject({
    telegramError: 'AUTH_KEY_UNREGISTERED',
    method: 'users.getUsers',
  });
});

test('does not resend a request that closed its connection', async () => {
  const { connections, faults } = under.telegram.sandbox;
  const before = connections.list().length;
  faults.add({ fault: 'drop', phone: ada });
  const dropped = asAda();
  await expect(dropped).rejects.toBeInstanceOf(TelegramUnreachable);
  await expect(dropped).rejects.toMatchObject({ detail: { error: 'telegram_unreachable' } });
  expect(connections.list().slice(before)).toMatchObject([{ requests: 1 }]);
});

test('waits for an answer as long as a call may take, then disconnects', async () => {
  const time = new ManualTime();
  const gateway = under.another({ timers: time });
  const access = await under.accessOf(ada);
  under.telegram.sandbox.faults.add({ fault: 'hang', phone: ada });
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  const asked = gateway.withAccount(access, whoAmI);
  await until(() => connections.list()[before]?.requests === 1);
  const { error, seconds } = await rejectionOf(asked, time);
  expect(error).toBeInstanceOf(TelegramTimeout);
  expect(error).toMatchObject({
    message: 'Telegram did not answer in 15 seconds: users.getUsers',
    detail: { error: 'telegram_timeout' },
  });
  expect(seconds).toBeLessThanOrEqual(16);
  await until(() => under.openConnections() === 0);
});

test('waits for a slow answer', async () => {
  under.telegram.sandbox.faults.add({ fault: 'slow', milliseconds: 30, phone: ada });
  expect(await asAda()).toMatchObject({ firstName: 'Ada' });
});
