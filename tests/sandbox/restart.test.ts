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

test('keeps sessions and pending codes over a restart', async () => {
  const { client, session } = await telegram.logIn('+9996610002');
  const waiting = telegram.client();
  await waiting.connect();
  const { phoneCodeHash } = await sendCode(waiting, '+9996610001');
  const waitingSession = String(waiting.session.save());
  await Promise.all([client.destroy(), waiting.destroy()]);
  await telegram.restart();
  const again = telegram.client({ session });
  await again.connect();
  expect(await again.invoke(self)).toMatchObject([{ firstName: 'Ben' }]);
  const resumed = telegram.client({ session: waitingSession });
  await resumed.connect();
  const answer = await signIn(resumed, '+9996610001', phoneCodeHash, '11111');
  expect(answer).toMatchObject({ user: { firstName: 'Ada' } });
});

test('keeps its RSA key and a pending password over a restart', async () => {
  const phone = '+9996620001';
  const client = telegram.client({ dc: 2 });
  await client.connect();
  const { phoneCodeHash } = await sendCode(client, phone);
  await expect(signIn(client, phone, phoneCodeHash, '22222')).rejects.toMatchObject({
    errorMessage: 'SESSION_PASSWORD_NEEDED',
  });
  const session = String(client.session.save());
  await client.destroy();
  const { fingerprint } = telegram.sandbox.rsaPublicKey;
  await telegram.restart();
  expect(telegram.sandbox.rsaPublicKey.fingerprint).toBe(fingerprint);
  const resumed = telegram.client({ session });
  await resumed.connect();
  const srp = await resumed.invoke(new Api.account.GetPassword());
  const password = await computeCheck(srp, 'correct horse');
  const answer = await resumed.invoke(new Api.auth.CheckPassword({ password }));
  expect(answer).toMatchObject({ user: { firstName: 'Cleo' } });
  await expect(resumed.invoke(new Api.auth.CheckPassword({ password }))).rejects.toMatchObject({
    errorMessage: 'SRP_ID_INVALID',
  });
});
