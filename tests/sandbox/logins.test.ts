import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/index.js';
import { computeCheck } from 'telegram/Password.js';
import { sendCode, signIn, type TestSandbox, testSandbox } from './gramjs.js';

let telegram: TestSandbox;
beforeAll(async () => {
  telegram = await testSandbox();
});
afterAll(() => telegram.close());

const self = new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });

test('logs an account in with the code that it was sent, and identifies it', async () => {
  const client = telegram.client();
  await client.connect();
  const sent = await sendCode(client, '+9996610001');
  expect(sent.type).toBeInstanceOf(Api.auth.SentCodeTypeApp);
  expect(sent.nextType).toBeInstanceOf(Api.auth.CodeTypeSms);
  expect(sent.timeout).toBe(60);
  expect(telegram.sandbox.accounts()[0]?.lastCode).toMatchObject({ code: '11111', type: 'app' });
  await signIn(client, '+9996610001', sent.phoneCodeHash, '11111');
  const [me] = await client.invoke(self);
  expect(me).toMatchObject({ firstName: 'Ada', username: 'ada_sandbox', phone: '9996610001', self: true });
  expect(String((await client.getMe()).id)).toBe('7000000001');
});

test('refuses codes that are empty, wrong, used, cancelled or expired', async () => {
  const client = telegram.client();
  await client.connect();
  const phone = '+9996610002';
  const first = await sendCode(client, phone);
  expect(first.type).toBeInstanceOf(Api.auth.SentCodeTypeSms);
  await expect(signIn(client, phone, first.phoneCodeHash, '')).rejects.toMatchObject({
    errorMessage: 'PHONE_CODE_EMPTY',
  });
  await expect(signIn(client, phone, first.phoneCodeHash, '99999')).rejects.toMatchObject({
    errorMessage: 'PHONE_CODE_INVALID',
  });
  const cancel = new Api.auth.CancelCode({ phoneNumber: phone, phoneCodeHash: first.phoneCodeHash });
  expect(await client.invoke(cancel)).toBe(true);
  await expect(signIn(client, phone, first.phoneCodeHash, '11111')).rejects.toMatchObject({
    errorMessage: 'PHONE_CODE_EXPIRED',
  });
  const second = await sendCode(client, phone);
  telegram.ahead += 301_000;
  await expect(signIn(client, phone, second.phoneCodeHash, '11111')).rejects.toMatchObject({
    errorMessage: 'PHONE_CODE_EXPIRED',
  });
});

test('resends a code in the next way, until there is none', async () => {
  const client = telegram.client();
  await client.connect();
  const phoneNumber = '+9996610001';
  const { phoneCodeHash } = await sendCode(client, phoneNumber);
  const resend = () => client.invoke(new Api.auth.ResendCode({ phoneNumber, phoneCodeHash }));
  expect(await resend()).toMatchObject({ phoneCodeHash, type: { className: 'auth.SentCodeTypeSms' } });
  expect(await resend()).toMatchObject({ phoneCodeHash, type: { className: 'auth.SentCodeTypeCall' } });
  await expect(resend()).rejects.toMatchObject({ code: 406, errorMessage: 'SEND_CODE_UNAVAILABLE' });
});

test('keeps a code for the key that asked for it', async () => {
  const [one, other] = [telegram.client(), telegram.client()];
  await Promise.all([one.connect(), other.connect()]);
  const { phoneCodeHash } = await sendCode(one, '+9996610001');
  await expect(signIn(other, '+9996610001', phoneCodeHash, '11111')).rejects.toMatchObject({
    errorMessage: 'PHONE_CODE_EXPIRED',
  });
});

test('requires the password of an account that has one', async () => {
  const client = telegram.client({ dc: 2 });
  await client.connect();
  const phone = '+9996620001';
  const { phoneCodeHash } = await sendCode(client, phone);
  await expect(signIn(client, phone, phoneCodeHash, '22222')).rejects.toMatchObject({
    errorMessage: 'SESSION_PASSWORD_NEEDED',
  });
  const check = async (password: string) => {
    const srp = await client.invoke(new Api.account.GetPassword());
    expect(srp).toMatchObject({ hasPassword: true, hint: 'battery staple' });
    return client.invoke(new Api.auth.CheckPassword({ password: await computeCheck(srp, password) }));
  };
  await expect(check('wrong')).rejects.toMatchObject({ errorMessage: 'PASSWORD_HASH_INVALID' });
  expect(await check('correct horse')).toMatchObject({ user: { firstName: 'Cleo' } });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Cleo' }]);
});

test('redirects a phone number to its own data centre, which GramJS follows', async () => {
  const client = telegram.client({ dc: 1 });
  await client.connect();
  const { phoneCodeHash } = await sendCode(client, '+9996630001');
  expect(client.session.dcId).toBe(3);
  expect(client.session.serverAddress).toBe('127.0.0.4');
  await signIn(client, '+9996630001', phoneCodeHash, '33333');
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Fay', phone: '9996630001' }]);
});

test('rejects numbers and applications as Telegram does', async () => {
  const client = telegram.client({ dc: 3 });
  await client.connect();
  const settings = new Api.CodeSettings({});
  const send = (phoneNumber: string, apiId = 1) =>
    client.invoke(new Api.auth.SendCode({ phoneNumber, apiId, apiHash: 'x', settings }));
  await expect(send('+1')).rejects.toMatchObject({ errorMessage: 'PHONE_NUMBER_INVALID' });
  await expect(send('+9996630002')).rejects.toMatchObject({ errorMessage: 'PHONE_NUMBER_BANNED' });
  await expect(send('+9996630003')).rejects.toMatchObject({ errorMessage: 'PHONE_NUMBER_FLOOD' });
  await expect(send('+9996630001', 666)).rejects.toMatchObject({ errorMessage: 'API_ID_INVALID' });
  const unknown = await sendCode(client, '+9996639999');
  const answer = await signIn(client, '+9996639999', unknown.phoneCodeHash, '33333');
  expect(answer).toBeInstanceOf(Api.auth.AuthorizationSignUpRequired);
});

test('ends a session that logs out', async () => {
  const { client } = await telegram.logIn('+9996610001');
  await client.invoke(new Api.auth.LogOut());
  await expect(client.invoke(self)).rejects.toMatchObject({ errorMessage: 'AUTH_KEY_UNREGISTERED' });
});
