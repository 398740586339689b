import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/tl/index.js';
import { sandboxSeed } from '../../sandbox/seed.js';
import { long } from '../../sandbox/tl/values.js';
import { parseSeed } from '../../sandbox/world/seed.js';
import type { BotLogin, Channel, ConnectedBot, DcKey } from '../../src/telegram/gateway.js';
import type { Callable } from '../../src/telegram/gramjs/connection.js';
import { messagesByIds } from '../../src/telegram/gramjs/history.js';
import { application } from '../sandbox/gramjs.js';
import { accessBy, type GatewayUnderTest, gatewayUnderTest } from './gateway_under_test.js';

/** A channel with a gap wider than a page, and deletions that make its count differ from its ids. */
const HOLED = parseSeed({
  ...{ accounts: [{ phone: '+9996610001', id: 1, first_name: 'Ada' }] },
  channels: [
    {
      ...{ id: 5, title: 'Holed', username: 'holed', members: 'everyone', created: '2024-01-01T00:00:00Z' },
      messages: { count: 700, deleted: [151, 549], files: 7, smallest_file: 600_000, largest_file: 600_000 },
    },
  ],
}).channels;
const SEED = { ...sandboxSeed, channels: [...sandboxSeed.channels, ...HOLED] };
const TOKEN = sandboxSeed.bots[0]?.token ?? '';

let under: GatewayUnderTest;
let key: DcKey;
beforeAll(async () => {
  under = await gatewayUnderTest(SEED);
  key = await under.gateway.logInBot(loginOf(TOKEN));
});
afterEach(() => {
  under.telegram.sandbox.faults.clear();
  expect(under.openConnections()).toBe(0);
});
afterAll(() => under.close());

function loginOf(token: string, signal = new AbortController().signal): BotLogin {
  return { token, application, proxy: null, signal };
}

/** Runs work as the bot on a public channel. */
function reading<Result>(username: string, work: (bot: ConnectedBot, channel: Channel) => Promise<Result>) {
  return under.gateway.withBot(accessBy(key), async (bot) => work(bot, await bot.resolve(username)));
}

/** The ids that a bot finds after `afterId`, page by page. */
function idsAfter(username: string, afterId: number): Promise<number[]> {
  return reading(username, async (bot, channel) => {
    const ids: number[] = [];
    for (let at = afterId; ; ) {
      const { messages, lastId } = await bot.messagesAfter(channel, at, 100);
      if (lastId === at) return ids;
      ids.push(...messages.map(({ id }) => id));
      at = lastId;
    }
  });
}

function existing(title: string): number[] {
  const feed = under.telegram.sandbox.world.channels.find((channel) => channel.title === title)?.feed;
  return Array.from({ length: feed?.lastId ?? 0 }, (_, at) => at + 1).filter((id) => feed?.post(id));
}

test('logs a bot in at its own data centre, with a key that keeps working', async () => {
  expect(key).toMatchObject({ dcId: 3, test: false });
  expect(key.authKey).toHaveLength(256);
  expect(await reading('sandbox_news', async (_bot, { title }) => title)).toBe('Sandbox News');
});

test('rejects a wrong token with the name of the error, without the token', async () => {
  const wrong = TOKEN.replace('sandbox', 'another');
  const refused = await under.gateway.logInBot(loginOf(wrong)).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    telegramError: 'ACCESS_TOKEN_INVALID',
    method: 'auth.importBotAuthorization',
  });
  expect(JSON.stringify(refused) + String(refused)).not.toContain('another');
});

test('aborts a login', async () => {
  under.telegram.sandbox.faults.add({ fault: 'hang', method: 'importBotAuthorization' });
  const end = new AbortController();
  const login = under.gateway.logInBot(loginOf(TOKEN, end.signal));
  end.abort(new Error('enough'));
  await expect(login).rejects.toThrow('enough');
});

test('reads all messages of a channel in order, across gaps', async () => {
  expect(await idsAfter('holed', 0)).toEqual(existing('Holed'));
  expect(await idsAfter('sandbox_news', 4_700)).toEqual(existing('Sandbox News').filter((id) => id > 4_700));
  expect(await idsAfter('holed', 700)).toEqual([]);
});

test('misses nothing that arrives while it looks ahead', async () => {
  const there = new Set<number>();
  const call: Callable['call'] = async (request) => {
    if (request instanceof Api.channels.GetFullChannel) {
      const fullChat = Object.assign(new Api.ChannelFull({} as never), { pts: 300 });
      return { fullChat } as never;
    }
    const asked = request instanceof Api.channels.GetMessages ? request.id : [];
    const ids = asked.flatMap((one) => (one instanceof Api.InputMessageID ? [one.id] : []));
    const messages = ids.map((id) =>
      there.has(id)
        ? new Api.Message({ id, peerId: new Api.PeerChannel({ channelId: long(5n) }), date: id, message: '' })
        : new Api.MessageEmpty({ id }),
    );
    for (let id = 1; id <= 150; id += 1) there.add(id);
    return new Api.messages.Messages({ messages, chats: [], users: [] }) as never;
  };
  const { messages, lastId } = await messagesByIds({ call }, { id: '5', accessHash: '6' }, 0, 100);
  expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  expect(lastId).toBe(100);
});

test('downloads from the data centre that has the file', async () => {
  const bytes = await reading('holed', async (bot, channel) => {
    const { messages } = await bot.messagesAfter(channel, 99, 1);
    const file = messages[0]?.file;
    let size = 0;
    if (file) for await (const piece of bot.download(file, 0)) size += piece.length;
    return size;
  });
  expect(bytes).toBe(600_000);
});
