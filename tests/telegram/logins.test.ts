import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { LoginUnderWay } from '../../src/telegram/gateway.js';
import { accessBy, type GatewayUnderTest, gatewayUnderTest, loginOf, whoAmI } from './gateway_under_test.js';

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

test('logs in with the code that the app shows, with a key that keeps working', async () => {
  const login = loginOf('+9996610001');
  const sent = await under.gateway.sendCode(login);
  expect(sent).toMatchObject({ type: 'app', nextType: 'sms', timeoutSeconds: 60 });
  expect(sent.key).toMatchObject({ dcId: 1, test: false });
  expect(sent.key.authKey).toHaveLength(256);
  const signedIn = await under.gateway.signIn({ ...login, ...sent }, '11111', null);
  const ada = { id: '7000000001', phoneNumber: '+9996610001', firstName: 'Ada', lastName: 'Ash' };
  const account = { ...ada, username: 'ada_sandbox', isBot: false };
  expect(signedIn).toEqual({ kind: 'signed_in', account, key: sent.key });
  expect(await under.gateway.withAccount(accessBy(signedIn.key), whoAmI)).toEqual(account);
});

test('says that a code was sent by SMS, and how the next one would be sent', async () => {
  const sent = await under.gateway.sendCode(loginOf('+9996610002'));
  expect(sent).toMatchObject({ type: 'sms', nextType: 'call', timeoutSeconds: 60 });
});

test('sends a code again in the next way, until there is none', async () => {
  const login = await begin('+9996610001');
  const bySms = await under.gateway.resendCode(login);
  expect(bySms).toMatchObject({ type: 'sms', nextType: 'call', key: login.key });
  const byCall = await under.gateway.resendCode({ ...login, ...bySms });
  expect(byCall).toMatchObject({ type: 'call', nextType: null, timeoutSeconds: null });
  await expect(under.gateway.resendCode({ ...login, ...byCall })).rejects.toMatchObject({
    telegramError: 'SEND_CODE_UNAVAILABLE',
    method: 'auth.resendCode',
  });
  expect(await under.gateway.signIn({ ...login, ...byCall }, '11111', null)).toMatchObject({
    kind: 'signed_in',
  });
});

test('rejects a wrong code, and accepts the right one afterwards', async () => {
  const login = await begin('+9996610001');
  await expect(under.gateway.signIn(login, '00000', null)).rejects.toMatchObject({
    telegramError: 'PHONE_CODE_INVALID',
    method: 'auth.signIn',
  });
  expect(await under.gateway.signIn(login, '11111', null)).toMatchObject({ kind: 'signed_in' });
});

test('rejects an expired code', async () => {
  const login = await begin('+9996610001');
  under.telegram.ahead += 301_000;
  await expect(under.gateway.signIn(login, '11111', null)).rejects.toMatchObject({
    telegramError: 'PHONE_CODE_EXPIRED',
  });
});

test.each([
  ['+9996630002', 'PHONE_NUMBER_BANNED'],
  ['+9996630003', 'PHONE_NUMBER_FLOOD'],
  ['+12', 'PHONE_NUMBER_INVALID'],
])('says why no code is sent to %s', async (phone, telegramError) => {
  await expect(under.gateway.sendCode(loginOf(phone))).rejects.toMatchObject({
    telegramError,
    method: 'auth.sendCode',
    detail: { error: 'telegram_error', telegram_error: telegramError },
  });
});

test('says that Telegram rejects the application', async () => {
  const application = { apiId: 666, apiHash: 'whatever' };
  const login = { ...loginOf('+9996610001'), application };
  await expect(under.gateway.sendCode(login)).rejects.toMatchObject({ telegramError: 'API_ID_INVALID' });
});

test('says that the number is unused, rather than create an account', async () => {
  const login = await begin('+9996610999');
  await expect(under.gateway.signIn(login, '11111', null)).rejects.toMatchObject({
    telegramError: 'PHONE_NUMBER_UNOCCUPIED',
    method: 'auth.signIn',
  });
});
