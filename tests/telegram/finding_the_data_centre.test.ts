import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { AuthKey } from 'telegram/crypto/AuthKey.js';
import { returnBigInt } from 'telegram/Helpers.js';
import { type GatewayUnderTest, gatewayUnderTest, loginOf } from './gateway_under_test.js';

let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
});
afterEach(() => {
  jest.restoreAllMocks();
  under.telegram.sandbox.faults.clear();
  expect(under.openConnections()).toBe(0);
});
afterAll(() => under.close());

test('follows Telegram to the data centre of the account', async () => {
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  const login = loginOf('+9996630001');
  const sent = await under.gateway.sendCode(login);
  expect(sent.key.dcId).toBe(3);
  expect(connections.list().slice(before)).toMatchObject([{ dc: 1 }, { dc: 3 }]);
  expect(await under.gateway.signIn({ ...login, ...sent }, '33333', null)).toMatchObject({
    kind: 'signed_in',
    account: { id: '1099511627775' },
  });
});

test('follows at most three redirects', async () => {
  const { connections, faults } = under.telegram.sandbox;
  const before = connections.list().length;
  faults.add({ fault: 'NETWORK_MIGRATE_2', method: 'auth.sendCode' });
  await expect(under.gateway.sendCode(loginOf('+9996610001'))).rejects.toMatchObject({
    telegramError: 'NETWORK_MIGRATE_2',
  });
  expect(connections.list()).toHaveLength(before + 4);
});

test('starts over once if Telegram requires it', async () => {
  const { faults } = under.telegram.sandbox;
  faults.add({ fault: 'AUTH_RESTART', method: 'auth.sendCode', times: 1 });
  expect(await under.gateway.sendCode(loginOf('+9996610001'))).toMatchObject({ type: 'app' });
  faults.add({ fault: 'AUTH_RESTART', method: 'auth.sendCode', times: 2 });
  await expect(under.gateway.sendCode(loginOf('+9996610001'))).rejects.toMatchObject({
    telegramError: 'AUTH_RESTART',
  });
});

test('negotiates a key again, over a new connection, if that failed', async () => {
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  const hash = jest.spyOn(AuthKey.prototype, 'calcNewNonceHash');
  hash.mockResolvedValueOnce(returnBigInt(1));
  expect(await under.gateway.sendCode(loginOf('+9996610001'))).toMatchObject({ type: 'app' });
  expect(connections.list()).toHaveLength(before + 2);
  hash.mockResolvedValueOnce(returnBigInt(1)).mockResolvedValueOnce(returnBigInt(1));
  await expect(under.gateway.sendCode(loginOf('+9996610001'))).rejects.toMatchObject({
    message: expect.stringContaining('no key could be negotiated: Step 3 invalid new nonce hash'),
  });
});
