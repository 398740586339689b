import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { TelegramFlood, TelegramUnreachable } from '../../src/telegram/errors.js';
import type { ConnectedAccount } from '../../src/telegram/gateway.js';
import { ManualTime } from '../service/manual_time.js';
import { type GatewayUnderTest, gatewayUnderTest, whoAmI } from './gateway_under_test.js';

let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
});
afterEach(() => {
  under.telegram.sandbox.faults.clear();
  expect(under.openConnections()).toBe(0);
});
afterAll(() => under.close());

/** Runs work as the account with this number. */
async function as<Result>(
  phone: string,
  work: (account: ConnectedAccount) => Promise<Result>,
): Promise<Result> {
  return under.gateway.withAccount(await under.accessOf(phone), work);
}

const ada = '+9996610001';
const eve = '+9996620003';

test('identifies the account over one connection, in one call, and disconnects before it returns', async () => {
  await under.accessOf('+9996620002');
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  expect(await as('+9996620002', whoAmI)).toMatchObject({ id: '7000000004', lastName: null, username: null });
  const since = connections.list().slice(before);
  expect(since).toMatchObject([{ dc: 2, requests: 1, closedAt: expect.any(Number) }]);
});

test('lists all channels of the dialogs, page by page, each once', async () => {
  const { channels, flood } = await as(eve, (account) => account.channels());
  expect(flood).toBeNull();
  expect(new Set(channels.map(({ id }) => id)).size).toBe(231);
  expect(channels).toHaveLength(231);
  expect(channels.find(({ title }) => title === 'Sandbox Room 230')).toEqual({
    id: '1500000230',
    accessHash: expect.stringMatching(/^-?\d+$/),
    username: null,
    title: 'Sandbox Room 230',
    participantsCount: 12,
    isBroadcast: true,
    isMegagroup: false,
    description: 'One of many private channels.',
  });
});

test('returns ids and access hashes digit for digit, each account its own', async () => {
  const news = async (phone: string) =>
    (await as(phone, (account) => account.channels())).channels.find(
      ({ username }) => username === 'sandbox_news',
    );
  expect(await news(ada)).toMatchObject({ id: '1000000001', accessHash: '-1234567890123456789' });
  expect(await news('+9996610002')).toMatchObject({ accessHash: '9007199254740993' });
  const { channels } = await as(ada, (account) => account.channels());
  expect(channels).toContainEqual(
    expect.objectContaining({ title: 'Sandbox Archive', id: '2147483700', isBroadcast: true }),
  );
  expect(channels).toContainEqual(
    expect.objectContaining({ title: 'Sandbox Team', isBroadcast: false, isMegagroup: true, username: null }),
  );
});

test('omits descriptions if Telegram asks to wait, and says for how long', async () => {
  await under.accessOf(ada);
  const { faults } = under.telegram.sandbox;
  const { channels, flood } = await as(ada, async (account) => {
    faults.add({ fault: 'CHANNEL_PRIVATE', method: 'channels.getFullChannel', times: 1 });
    faults.add({ fault: 'slow', milliseconds: 0, method: 'channels.getFullChannel', times: 1 });
    faults.add({ fault: 'FLOOD_WAIT_77', method: 'channels.getFullChannel' });
    return account.channels();
  });
  expect(flood).toEqual({ method: 'channels.getFullChannel', seconds: 77 });
  expect(channels.map(({ description }) => description === null)).toEqual([true, false, true]);
});

test('reports if the session dies while descriptions are loaded', async () => {
  await under.accessOf(ada);
  under.telegram.sandbox.faults.add({ fault: 'SESSION_REVOKED', method: 'channels.getFullChannel' });
  await expect(as(ada, (account) => account.channels())).rejects.toMatchObject({
    telegramError: 'SESSION_REVOKED',
  });
});

test('loads no more descriptions when half of the time is used', async () => {
  const time = new ManualTime();
  const access = { ...(await under.accessOf(eve)), withinSeconds: 60 };
  const { channels, flood } = await under.another({ timers: time }).withAccount(access, async (account) => {
    await time.advance(30);
    return account.channels();
  });
  expect(flood).toBeNull();
  expect(channels).toHaveLength(231);
  expect(channels.every(({ description }) => description === null)).toBe(true);
});

test('finds a public channel by its name', async () => {
  const found = await as(ada, (account) => account.resolve('Sandbox_News'));
  const { description, ...listed } = await as(ada, async (account) => {
    const { channels } = await account.channels();
    return channels.find(({ username }) => username === 'sandbox_news') ?? found;
  });
  expect(found).toEqual({ ...listed, description: null });
  expect(description).toBe('A public channel with 5,000 messages.');
});

test.each([
  ['nobody_here', 'USERNAME_NOT_OCCUPIED'],
  ['1!', 'USERNAME_INVALID'],
  ['cleo_sandbox', 'PEER_ID_NOT_SUPPORTED'],
])('finds no channel called %s', async (username, telegramError) => {
  await expect(as(ada, (account) => account.resolve(username))).rejects.toMatchObject({
    telegramError,
    method: 'contacts.resolveUsername',
  });
});

test('says how long Telegram asks to wait', async () => {
  await under.accessOf(ada);
  under.telegram.sandbox.faults.add({ fault: 'FLOOD_WAIT_86400', method: 'resolveUsername' });
  const refused = as(ada, (account) => account.resolve('sandbox_news'));
  await expect(refused).rejects.toBeInstanceOf(TelegramFlood);
  await expect(refused).rejects.toMatchObject({
    retryAfterSeconds: 86_400,
    telegramError: 'FLOOD_WAIT_86400',
  });
});

test('ends a session permanently', async () => {
  await as('+9996630001', (account) => account.logOut());
  await expect(as('+9996630001', whoAmI)).rejects.toMatchObject({ telegramError: 'AUTH_KEY_UNREGISTERED' });
});

test('passes on any error of the work, and allows no calls afterwards', async () => {
  const mistake = new Error('of the work itself');
  let kept: ConnectedAccount | undefined;
  const failing = as(ada, async (account) => {
    kept = account;
    throw mistake;
  });
  await expect(failing).rejects.toBe(mistake);
  await expect(kept?.whoAmI()).rejects.toBeInstanceOf(TelegramUnreachable);
});
