import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, type TelegramClient } from 'telegram/index.js';
import { type ControlServer, startControl } from '../../sandbox/control/server.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

const ADA = '+9996610001';
const self = new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });
const settings = new Api.help.GetAppConfig({ hash: 0 });
const message = new Api.messages.SendMessage({ peer: new Api.InputPeerSelf(), message: 'hello' });
const resolve = new Api.contacts.ResolveUsername({ username: 'telegate' });

let telegram: TestSandbox;
let control: ControlServer;
let client: TelegramClient;
beforeAll(async () => {
  telegram = await testSandbox();
  control = await startControl(telegram.sandbox, 0);
  ({ client } = await telegram.logIn(ADA));
});
afterAll(async () => {
  await control.close();
  await telegram.close();
});

async function become(body: object, phone = ADA) {
  const url = `${control.url}/accounts/${encodeURIComponent(phone)}`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The settings that say that the account is frozen. */
async function freeze(): Promise<unknown[]> {
  const answer = await client.invoke(settings);
  if (!(answer instanceof Api.help.AppConfig) || !(answer.config instanceof Api.JsonObject)) return [];
  const found = answer.config.value.filter(({ key }) => key.startsWith('freeze_'));
  return found.map(({ key, value }) => [key, 'value' in value ? value.value : null]);
}

test('freezes an account, which can read and is told since when, and thaws it', async () => {
  const dates = { since: '2025-01-01T00:00:00Z', until: '2025-02-01T00:00:00Z' };
  const set = await become({ condition: 'frozen', ...dates, appeal_url: 'https://t.me/x' });
  expect(set).toMatchObject({ status: 200, body: { phone: ADA, condition: 'frozen' } });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
  expect(await freeze()).toEqual([
    ['freeze_since_date', 1_735_689_600],
    ['freeze_until_date', 1_738_368_000],
    ['freeze_appeal_url', 'https://t.me/x'],
  ]);
  for (const request of [message, resolve]) {
    await expect(client.invoke(request)).rejects.toMatchObject({
      ...{ code: 420, errorMessage: 'FROZEN_METHOD_INVALID' },
    });
  }
  expect(telegram.sandbox.accounts()[0]).toMatchObject({ phone: ADA, condition: 'frozen' });
  await become({ condition: 'alive' });
  expect(await freeze()).toEqual([]);
  await expect(client.invoke(resolve)).rejects.not.toMatchObject({ errorMessage: 'FROZEN_METHOD_INVALID' });
});

test('limits an account, which can do everything but write to strangers', async () => {
  await become({ condition: 'limited' });
  await expect(client.invoke(message)).rejects.toMatchObject({ code: 400, errorMessage: 'PEER_FLOOD' });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
  expect(await freeze()).toEqual([]);
  await become({ condition: 'alive' });
});

test('deletes an account, which can do nothing', async () => {
  await become({ condition: 'dead' });
  await expect(client.invoke(self)).rejects.toMatchObject({
    code: 401,
    errorMessage: 'USER_DEACTIVATED_BAN',
  });
  await become({ condition: 'alive' });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
});

test('refuses unknown accounts and conditions', async () => {
  expect(await become({ condition: 'frozen' }, '+9990000000')).toMatchObject({ status: 404 });
  expect(await become({ condition: 'asleep' })).toMatchObject({ status: 422 });
});
