import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { LoginUnderWay } from '../../src/telegram/gateway.js';
import { type GatewayUnderTest, gatewayUnderTest, loginOf } from './gateway_under_test.js';

let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
});
afterEach(() => {
  under.telegram.sandbox.faults.clear();
  expect(under.openConnections()).toBe(0);
});
afterAll(() => under.close());

async function begin(phone: string): Promise<LoginUnderWay> {
  const login = loginOf(phone);
  const { phoneCodeHash, key } = await under.gateway.sendCode(login);
  return { ...login, phoneCodeHash, key };
}

test('asks for the password of an account that has one, with its hint', async () => {
  const login = await begin('+9996620001');
  const asked = await under.gateway.signIn(login, '22222', null);
  expect(asked).toEqual({ kind: 'password_needed', hint: 'battery staple', key: login.key });
  await expect(under.gateway.checkPassword(login, 'wrong')).rejects.toMatchObject({
    telegramError: 'PASSWORD_HASH_INVALID',
    method: 'auth.checkPassword',
  });
  expect(await under.gateway.checkPassword(login, 'correct horse')).toMatchObject({
    kind: 'signed_in',
    account: { firstName: 'Cleo' },
    key: login.key,
  });
});

test('sends code and password over one connection if both are known', async () => {
  const login = await begin('+9996620001');
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  expect(await under.gateway.signIn(login, '22222', 'correct horse')).toMatchObject({ kind: 'signed_in' });
  expect(connections.list()).toHaveLength(before + 1);
});

test('keeps the login when only the password that came with the code was wrong', async () => {
  const login = await begin('+9996620001');
  await expect(under.gateway.signIn(login, '22222', 'wrong')).rejects.toMatchObject({
    telegramError: 'PASSWORD_HASH_INVALID',
  });
  expect(await under.gateway.checkPassword(login, 'correct horse')).toMatchObject({ kind: 'signed_in' });
});

test('fetches a new challenge for a password once, if the first one has expired', async () => {
  const login = await begin('+9996620001');
  await under.gateway.signIn(login, '22222', null);
  const { faults } = under.telegram.sandbox;
  faults.add({ fault: 'SRP_ID_INVALID', method: 'auth.checkPassword', times: 2 });
  await expect(under.gateway.checkPassword(login, 'correct horse')).rejects.toMatchObject({
    telegramError: 'SRP_ID_INVALID',
  });
  faults.add({ fault: 'SRP_ID_INVALID', method: 'auth.checkPassword', times: 1 });
  expect(await under.gateway.checkPassword(login, 'correct horse')).toMatchObject({ kind: 'signed_in' });
});
