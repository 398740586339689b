import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { TelegramTimeout, TelegramUnreachable } from '../../src/telegram/errors.js';
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
  await under.telegram.sandbox.behave(1, 'normal');
  await until(() => under.openConnections() === 0);
});
afterAll(() => under.close());

const connected = () => until(() => under.openConnections() === 1);

test('reports that a data centre that refuses connections cannot be reached', async () => {
  await under.telegram.sandbox.behave(1, 'refuse');
  const access = await under.accessOf(ada);
  await expect(under.gateway.withAccount(access, whoAmI)).rejects.toBeInstanceOf(TelegramUnreachable);
  const login = under.gateway.sendCode(loginOf(ada));
  await expect(login).rejects.toBeInstanceOf(TelegramUnreachable);
  await expect(login).rejects.toThrow(/^Telegram can't be reached: connect ECONNREFUSED 127\.0\.0\.2:\d+$/);
});

test.each(['silent', 'half_dead'] as const)('times out on a %s data centre', async (mode) => {
  await under.telegram.sandbox.behave(1, mode);
  const time = new ManualTime();
  const work = under.another({ timers: time }).withAccount(await under.accessOf(ada), whoAmI);
  await connected();
  const { error, seconds } = await rejectionOf(work, time);
  expect(error).toBeInstanceOf(TelegramTimeout);
  expect(seconds).toBeLessThanOrEqual(26);
});

test.each(['silent', 'half_dead'] as const)(
  'times out on sending a code through a %s data centre',
  async (mode) => {
    await under.telegram.sandbox.behave(1, mode);
    const time = new ManualTime();
    const login = under.another({ timers: time }).sendCode(loginOf(ada));
    await connected();
    const { error, seconds } = await rejectionOf(login, time);
    expect(error).toBeInstanceOf(TelegramTimeout);
    expect(seconds).toBeLessThanOrEqual(26);
  },
);

test('knows no data centre that the network does not have', async () => {
  const { key, ...access } = await under.accessOf(ada);
  const elsewhere = under.gateway.withAccount({ ...access, key: { ...key, dcId: 9 } }, whoAmI);
  await expect(elsewhere).rejects.toThrow("Telegram can't be reached: there is no data centre 9");
});

test('does not connect to a forbidden data centre', async () => {
  const network = { ...under.network, mayDial: () => false };
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  const refused = under.another({ network }).withAccount(await under.accessOf(ada), whoAmI);
  await expect(refused).rejects.toThrow(
    "Telegram can't be reached: 127.0.0.2 must not be connected to from here",
  );
  expect(connections.list()).toHaveLength(before);
});

test('limits concurrent connections, and admits others as slots become free', async () => {
  const gateway = under.another({ limits: { maxConnections: 2 } });
  const accounts = ['+9996610001', '+9996610002', '+9996620002', '+9996620003', '+9996630001'];
  const accesses = await Promise.all(accounts.map((phone) => under.accessOf(phone)));
  let most = 0;
  const names = await Promise.all(
    accesses.map((access) =>
      gateway.withAccount(access, async (account) => {
        most = Math.max(most, under.openConnections());
        return (await account.whoAmI()).firstName;
      }),
    ),
  );
  expect(names).toEqual(['Ada', 'Ben', 'Dan', 'Eve', 'Fay']);
  expect(most).toBe(2);
});

test.each([
  [null, 10],
  [3, 3],
])('does not wait forever for a slot (%s seconds for all of the work)', async (withinSeconds, longest) => {
  const time = new ManualTime();
  const gateway = under.another({ timers: time, limits: { maxConnections: 1 } });
  const access = await under.accessOf(ada);
  const controller = new AbortController();
  const first = gateway.withAccount(
    { ...access, signal: controller.signal },
    () => new Promise<never>(() => {}),
  );
  await connected();
  await setImmediate();
  const { error, seconds } = await rejectionOf(
    gateway.withAccount({ ...access, withinSeconds }, whoAmI),
    time,
  );
  expect(error).toBeInstanceOf(TelegramTimeout);
  expect(seconds).toBe(longest);
  controller.abort();
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
});
