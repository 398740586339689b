import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Api, type TelegramClient } from 'telegram/index.js';
import { StringSession } from 'telegram/sessions/index.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

const ada = '+9996610001';
const self = new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });
let telegram: TestSandbox;
let client: TelegramClient;
let session: string;
beforeAll(async () => {
  telegram = await testSandbox();
  ({ client, session } = await telegram.logIn(ada));
});
afterEach(async () => {
  telegram.sandbox.faults.clear();
  for (const dc of [1, 2, 3]) await telegram.sandbox.behave(dc, 'normal');
});
afterAll(() => telegram.close());

/** Whether `promise` is still open once the server has answered another client. */
async function isUnanswered(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const other = telegram.client();
  await other.connect();
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}

test('makes a method flood for one account, as often as asked', async () => {
  telegram.sandbox.faults.add({ fault: 'FLOOD_WAIT_30', phone: ada, method: 'users.getUsers', times: 2 });
  for (const _ of [1, 2]) {
    await expect(client.invoke(self)).rejects.toMatchObject({
      code: 420,
      errorMessage: 'FLOOD',
      seconds: 30,
    });
  }
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
  telegram.sandbox.faults.add({ fault: 'FLOOD_WAIT_30', phone: '+9996610002' });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
});

test.each([
  ['AUTH_KEY_UNREGISTERED', 401],
  ['SESSION_REVOKED', 401],
  ['USER_DEACTIVATED_BAN', 401],
  ['PEER_FLOOD', 400],
  ['FROZEN_METHOD_INVALID', 420],
  ['AUTH_KEY_DUPLICATED', 406],
])('answers %s with %i until it is cleared', async (fault, code) => {
  const { id } = telegram.sandbox.faults.add({ fault, phone: ada });
  await expect(client.invoke(self)).rejects.toMatchObject({ code, errorMessage: fault });
  expect(telegram.sandbox.faults.list()).toMatchObject([{ id, fault, struck: 1 }]);
  telegram.sandbox.faults.clear(id);
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
});

test('never answers a request that hangs, and answers the next', async () => {
  telegram.sandbox.faults.add({ fault: 'hang', phone: ada, times: 1 });
  const hanging = client.invoke(self);
  hanging.catch(() => {});
  expect(await isUnanswered(hanging)).toBe(true);
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
});

test('answers a slow request later', async () => {
  telegram.sandbox.faults.add({ fault: 'slow', milliseconds: 150, phone: ada, times: 1 });
  const before = performance.now();
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
  expect(performance.now() - before).toBeGreaterThan(140);
});

test('disconnects instead of answering a dropped request; GramJS reconnects', async () => {
  telegram.sandbox.faults.add({ fault: 'drop', phone: ada, times: 1 });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
  expect(telegram.sandbox.connections.overlaps()).toEqual([]);
});

test('executes an unanswered request, and disconnects; GramJS reconnects and is logged out', async () => {
  const ben = await telegram.logIn('+9996610002');
  telegram.sandbox.faults.add({ fault: 'unanswered', method: 'auth.logOut', times: 1 });
  const message = { errorMessage: 'AUTH_KEY_UNREGISTERED' };
  await expect(ben.client.invoke(new Api.auth.LogOut())).rejects.toMatchObject(message);
});

test('answers an unknown key with -404, from which GramJS never recovers', async () => {
  const stranger = new StringSession(session);
  await stranger.load();
  stranger.setDC(2, '127.0.0.3', 80);
  const lost = telegram.client({ session: String(stranger.save()) });
  const connecting = lost.connect();
  connecting.catch(() => {});
  expect(await isUnanswered(connecting)).toBe(true);
});

test('refuses connections to one data centre only', async () => {
  await telegram.sandbox.behave(2, 'refuse');
  const refused = telegram.client({ dc: 2 });
  expect(await refused.connect()).toBe(false);
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
});

test('negotiates keys and answers nothing else when half dead', async () => {
  await telegram.sandbox.behave(2, 'half_dead');
  const waiting = telegram.client({ dc: 2 });
  const connecting = waiting.connect();
  connecting.catch(() => {});
  while (waiting.session.authKey?.getKey() === undefined)
    await new Promise((resolve) => setImmediate(resolve));
  expect(await isUnanswered(connecting)).toBe(true);
});

test('accepts connections and stays silent', async () => {
  await telegram.sandbox.behave(2, 'silent');
  const waiting = telegram.client({ dc: 2 });
  const connecting = waiting.connect();
  connecting.catch(() => {});
  expect(await isUnanswered(connecting)).toBe(true);
  expect(waiting.session.authKey?.getKey()).toBeUndefined();
  expect(telegram.sandbox.connections.list().at(-2)).toMatchObject({ dc: 2, keyId: null, requests: 0 });
});

test('redirects a request to another data centre, which GramJS follows', async () => {
  telegram.sandbox.faults.add({ fault: 'USER_MIGRATE_3', method: 'help.getNearestDc', dc: 1, times: 1 });
  const wanderer = telegram.client();
  await wanderer.connect();
  const answer = await wanderer.invoke(new Api.help.GetNearestDc());
  expect(answer).toMatchObject({ thisDc: 3 });
  expect(wanderer.session.dcId).toBe(3);
});

test('kills a session that two connections use at once, for good', async () => {
  const { client: one, session: shared } = await telegram.logIn('+9996610002');
  const other = telegram.client({ session: shared });
  await expect(other.connect()).rejects.toMatchObject({ code: 406, errorMessage: 'AUTH_KEY_DUPLICATED' });
  await expect(one.invoke(self)).rejects.toMatchObject({ errorMessage: 'AUTH_KEY_DUPLICATED' });
  const [overlap] = telegram.sandbox.connections.overlaps();
  expect(overlap).toMatchObject({ phone: '9996610002', connections: [{ dc: 1 }, { dc: 1 }] });
  await Promise.all([one.destroy(), other.destroy()]);
  await telegram.restart();
  const again = telegram.client({ session: shared });
  await expect(again.connect()).rejects.toMatchObject({ errorMessage: 'AUTH_KEY_DUPLICATED' });
});

test('lets one connection follow another with the same key', async () => {
  const { client: one, session: shared } = await telegram.logIn('+9996620002');
  await one.destroy();
  const other = telegram.client({ session: shared });
  await other.connect();
  expect(await other.invoke(self)).toMatchObject([{ firstName: 'Dan' }]);
  const mine = telegram.sandbox.connections.list().filter(({ phone }) => phone === '9996620002');
  expect(mine).toHaveLength(2);
  expect(mine[0]).toMatchObject({ dc: 2, closedAt: expect.any(Number) });
});
