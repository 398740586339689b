import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/tl/index.js';
import { long } from '../../sandbox/tl/values.js';
import type { Channel, ConnectedAccount } from '../../src/telegram/gateway.js';
import type { Callable } from '../../src/telegram/gramjs/connection.js';
import { history, messagesAfter } from '../../src/telegram/gramjs/history.js';
import type { Message } from '../../src/telegram/message.js';
import { channelCalled, type GatewayUnderTest, gatewayUnderTest } from './gateway_under_test.js';

let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
  await under.accessOf('+9996610001');
});
afterAll(() => under.close());

/** Runs work as Ada, whose home is data centre 1, on one of her channels. */
async function reading<Result>(
  title: string,
  work: (account: ConnectedAccount, channel: Channel) => Promise<Result>,
): Promise<Result> {
  return under.gateway.withAccount(await under.accessOf('+9996610001'), async (account) =>
    work(account, await channelCalled(account, title)),
  );
}

const page = { minId: 0, offsetId: 0, limit: 100 };
const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id);

test('reads a channel newest first, back to its beginning, without what was deleted', async () => {
  const newest = await reading('Sandbox News', (account, channel) => account.history(channel, page));
  const expected = Array.from({ length: 102 }, (_, at) => 5000 - at).filter(
    (id) => id % 97 !== 0 || id % 20 === 0,
  );
  expect(idsOf(newest)).toEqual(expected.slice(0, 100));
  const oldest = await reading('Sandbox News', (account, channel) =>
    account.history(channel, { ...page, offsetId: 4 }),
  );
  expect(idsOf(oldest)).toEqual([3, 2, 1]);
  expect(oldest[0]).toMatchObject({
    id: 3,
    date: 1_704_069_000,
    text: 'Message 3 of Sandbox News.',
    file: null,
  });
  // The creation of the channel is also a message, an empty one.
  expect(oldest[2]).toMatchObject({ text: '', file: null });
});

test('reads only what is newer than the last time, and no more than requested', async () => {
  const newer = (limit: number) =>
    reading('Sandbox Archive', (account, channel) =>
      account.history(channel, { minId: 99_990, offsetId: 0, limit }),
    );
  expect(idsOf(await newer(100))).toEqual([
    100_000, 99_999, 99_998, 99_997, 99_996, 99_995, 99_994, 99_993, 99_992, 99_991,
  ]);
  expect(idsOf(await newer(3))).toEqual([100_000, 99_999, 99_998]);
});

test('describes the files of messages', async () => {
  const messages = await reading('Sandbox Team', (account, channel) => account.history(channel, page));
  expect(messages.map(({ text, file }) => [text, file?.name, file?.mimeType, file?.sizeBytes])).toEqual([
    ['', 'empty.txt', 'text/plain', 0],
    ['A film of more than a megabyte.', 'film.mp4', 'video/mp4', 2_500_001],
    ['Минутка 🐢', null, 'image/jpeg', 34_567],
    ['The report.', 'report.pdf', 'application/pdf', 123_456],
    ['Welcome.', undefined, undefined, undefined],
    ['', undefined, undefined, undefined],
  ]);
  const [, film, photo] = messages.map(({ file }) => file);
  expect(film).toMatchObject({ kind: 'document', dcId: 1, thumbSize: null });
  expect(BigInt(film?.id ?? 0) > 2n ** 53n).toBe(true);
  expect(photo).toMatchObject({ kind: 'photo', thumbSize: 'y' });
});

test('skips empty messages', async () => {
  const peerId = new Api.PeerChat({ chatId: long(5n) });
  const messages = [
    new Api.MessageEmpty({ id: 3 }),
    new Api.Message({ id: 2, peerId, date: 20, message: 'there' }),
  ];
  const answer = new Api.messages.Messages({ messages, chats: [], users: [] });
  const group = { id: '5', accessHash: null };
  const asked: unknown[] = [];
  const call: Callable['call'] = async (request) => {
    asked.push(request);
    return answer as never;
  };
  expect(await history({ call }, group, page)).toMatchObject([
    { id: 2, date: 20, text: 'there', file: null },
  ]);
  expect(asked).toMatchObject([{ peer: { className: 'InputPeerChat', chatId: long(5n) } }]);
});

test('continues where it stopped, oldest first, and reports its position', async () => {
  const after = (afterId: number, limit: number) =>
    reading('Sandbox News', (account, channel) => account.messagesAfter(channel, afterId, limit));
  const first = await after(0, 3);
  expect(idsOf(first.messages)).toEqual([1, 2, 3]);
  expect(first.messages[0]).toMatchObject({ text: '', action: 'channel_create' });
  expect(first.lastId).toBe(3);
  const read: number[] = [];
  for (let at = 4_700; ; ) {
    const { messages, lastId } = await after(at, 100);
    if (lastId === at) break;
    read.push(...idsOf(messages));
    at = lastId;
  }
  const expected = Array.from({ length: 300 }, (_, at) => 4_701 + at);
  expect(read).toEqual(expected.filter((id) => id % 97 !== 0 || id % 20 === 0));
});

test('reports how many messages there are after a message, exactly, also where some were deleted', async () => {
  const totalAfter = (afterId: number) =>
    reading('Sandbox News', async (account, channel) => {
      const { total } = await account.messagesAfter(channel, afterId, 10);
      return total;
    });
  const exists = (id: number) => id % 97 !== 0 || id % 20 === 0;
  const countAfter = (afterId: number) =>
    Array.from({ length: 5_000 - afterId }, (_, at) => afterId + 1 + at).filter(exists).length;
  for (const afterId of [0, 1, 96, 97, 4_998, 5_000])
    expect(await totalAfter(afterId)).toBe(countAfter(afterId));
});

test('does not report how many messages there are where Telegram does not say', async () => {
  const peerId = new Api.PeerChat({ chatId: long(5n) });
  const messages = [new Api.Message({ id: 8, peerId, date: 20, message: 'there' })];
  const [whole, slice] = [
    { messages, chats: [], users: [] },
    { messages, chats: [], users: [], count: 50 },
  ];
  const totalOf = async (page: Api.messages.TypeMessages, afterId: number) => {
    const call: Callable['call'] = async () => page as never;
    return (await messagesAfter({ call }, { id: '5', accessHash: null }, afterId, 100)).total;
  };
  expect(await totalOf(new Api.messages.Messages(whole), 7)).toBe(1);
  expect(await totalOf(new Api.messages.MessagesSlice({ ...slice, offsetIdOffset: 4 }), 7)).toBe(4);
  expect(await totalOf(new Api.messages.MessagesSlice(slice), 0)).toBe(50);
  expect(await totalOf(new Api.messages.MessagesSlice(slice), 7)).toBeNull();
  const inexact = { ...slice, inexact: true, offsetIdOffset: 4 };
  expect(await totalOf(new Api.messages.MessagesSlice(inexact), 7)).toBeNull();
});

test('finds the newest message before a date', async () => {
  const before = (date: number) =>
    reading('Sandbox News', (account, channel) => account.lastBefore(channel, date));
  const [created, third] = [1_704_067_200, 1_704_069_000];
  expect(await before(third)).toBe(2);
  expect(await before(third + 1)).toBe(3);
  expect(await before(created)).toBe(0);
  expect(await before(2_000_000_000)).toBe(5_000);
});
