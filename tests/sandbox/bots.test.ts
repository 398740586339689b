import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, type TelegramClient } from 'telegram/index.js';
import { type ControlServer, startControl } from '../../sandbox/control/server.js';
import { long } from '../../sandbox/tl/values.js';
import { application, type TestSandbox, testSandbox } from './gramjs.js';

const TOKEN = '1000000100:sandbox-bot-token_sandbox-bot-token';

let telegram: TestSandbox;
let control: ControlServer;
let bot: TelegramClient;
beforeAll(async () => {
  telegram = await testSandbox();
  control = await startControl(telegram.sandbox, 0);
  bot = telegram.client({ dc: 3 });
  await bot.connect();
  await bot.invoke(login(TOKEN));
});
afterAll(async () => {
  await control.close();
  await telegram.close();
});

function login(botAuthToken: string, over: Partial<typeof application> = {}) {
  return new Api.auth.ImportBotAuthorization({ flags: 0, ...application, ...over, botAuthToken });
}

test('lists its bots, and logs them in with their tokens', async () => {
  const bots = await (await fetch(`${control.url}/bots`)).json();
  expect(bots).toEqual([{ id: '1000000100', username: 'sandbox_reader_bot', dc: 3, token: TOKEN }]);
  const [me] = await bot.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
  expect(me).toMatchObject({ firstName: 'Sandbox Bot', bot: true, self: true });
  expect(String((await bot.getMe()).id)).toBe('1000000100');
  expect(telegram.sandbox.connections.calls('auth.ImportBotAuthorization')).toBe(1);
});

test('rejects a bot with another token or application, and redirects it to its data centre', async () => {
  const client = telegram.client({ dc: 3 });
  await client.connect();
  for (const token of [`${TOKEN}x`, TOKEN.toLowerCase().replace('t', 'T'), '1', '']) {
    await expect(client.invoke(login(token))).rejects.toMatchObject({
      ...{ code: 400, errorMessage: 'ACCESS_TOKEN_INVALID' },
    });
  }
  await expect(client.invoke(login(TOKEN, { apiId: 666 }))).rejects.toMatchObject({
    errorMessage: 'API_ID_INVALID',
  });
  const elsewhere = telegram.client({ dc: 1 });
  await elsewhere.connect();
  const { dcId } = elsewhere.session;
  await elsewhere.invoke(login(TOKEN));
  expect([dcId, elsewhere.session.dcId]).toEqual([1, 3]);
});

test('refuses bots what only users may call', async () => {
  const peer = await bot.getInputEntity('sandbox_news');
  const page = { offsetId: 0, addOffset: 0, limit: 10, maxId: 0, minId: 0, hash: long(0n) };
  const filter = new Api.InputMessagesFilterEmpty();
  const dialogs = { offsetDate: 0, offsetId: 0, offsetPeer: new Api.InputPeerEmpty(), limit: 10 };
  for (const request of [
    new Api.messages.GetHistory({ ...page, peer, offsetDate: 0 }),
    new Api.messages.Search({ ...page, peer, q: '', filter, minDate: 0, maxDate: 0 }),
    new Api.messages.GetDialogs({ ...dialogs, hash: long(0n) }),
  ]) {
    await expect(bot.invoke<Api.AnyRequest>(request)).rejects.toMatchObject({
      ...{ code: 400, errorMessage: 'BOT_METHOD_INVALID' },
    });
  }
});

test('shows a bot public channels by ids, and the highest possible id', async () => {
  const channel = await bot.getInputEntity('sandbox_news');
  const ids = [1, 97, 4999, 5000, 5001].map((id) => new Api.InputMessageID({ id }));
  const answer = await bot.invoke(new Api.channels.GetMessages({ channel, id: ids }));
  if (!('messages' in answer)) throw new Error(answer.className);
  expect(answer.messages.map(({ id, className }) => [id, className])).toEqual([
    [1, 'MessageService'],
    [97, 'MessageEmpty'],
    [4999, 'Message'],
    [5000, 'Message'],
    [5001, 'MessageEmpty'],
  ]);
  const { fullChat } = await bot.invoke(new Api.channels.GetFullChannel({ channel }));
  const feed = telegram.sandbox.world.channels[0]?.feed;
  const deleted = 5000 - (feed?.count ?? 0);
  expect(fullChat).toMatchObject({ className: 'ChannelFull', pts: 5001 + deleted });
  expect(deleted).toBeGreaterThan(0);
});
