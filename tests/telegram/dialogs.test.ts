import { expect, test } from '@jest/globals';
import { Api } from 'telegram/tl/index.js';
import { long } from '../../sandbox/tl/values.js';
import { dialogChannels } from '../../src/telegram/gramjs/channels.js';
import type { Callable } from '../../src/telegram/gramjs/connection.js';

/** An entry of a page of dialogs: a peer, and its newest message (null: none). */
interface Entry {
  readonly chat: Api.TypeChat | Api.User;
  readonly message: { readonly id: number; readonly date: number } | null;
}

const photo = new Api.ChatPhotoEmpty();
const channel = (id: bigint) =>
  new Api.Channel({ id: long(id), accessHash: long(-id), title: `Channel ${id}`, photo, date: 0 });
const group = (id: bigint) =>
  new Api.Chat({ id: long(id), title: `Group ${id}`, photo, participantsCount: 2, date: 0, version: 1 });
const user = (id: bigint) => new Api.User({ id: long(id), accessHash: long(id * 10n), firstName: 'User' });
const entry = (chat: Entry['chat'], id: number, date: number): Entry => ({ chat, message: { id, date } });

function peerOf(chat: Entry['chat']): Api.TypePeer {
  if (chat instanceof Api.User) return new Api.PeerUser({ userId: chat.id });
  return chat instanceof Api.Channel
    ? new Api.PeerChannel({ channelId: chat.id })
    : new Api.PeerChat({ chatId: chat.id });
}

function pageOf(entries: readonly Entry[]) {
  const dialogs = entries.map(({ chat, message }) => {
    const unread = { unreadCount: 0, unreadMentionsCount: 0, unreadReactionsCount: 0 };
    const read = { readInboxMaxId: 0, readOutboxMaxId: 0, notifySettings: new Api.PeerNotifySettings({}) };
    return new Api.Dialog({ ...unread, ...read, peer: peerOf(chat), topMessage: message?.id ?? 0 });
  });
  const messages = entries.flatMap(({ chat, message }) =>
    message === null ? [] : [new Api.Message({ ...message, peerId: peerOf(chat), message: 'text' })],
  );
  const chats = entries.flatMap(({ chat }) => (chat instanceof Api.User ? [] : [chat]));
  const users = entries.flatMap(({ chat }) => (chat instanceof Api.User ? [chat] : []));
  return { dialogs, messages, chats, users };
}

/** Answers with these pages in turn, and records the requests. */
function answering(
  pages: readonly Api.messages.TypeDialogs[],
): Callable & { asked: Api.messages.GetDialogs[] } {
  const asked: Api.messages.GetDialogs[] = [];
  const call = async (request: unknown) => {
    if (request instanceof Api.messages.GetDialogs) asked.push(request);
    return (pages[asked.length - 1] ?? new Api.messages.Dialogs(pageOf([]))) as never;
  };
  return { asked, call };
}

test('lists channels and groups of both folders, and nothing else', async () => {
  const connection = answering([
    new Api.messages.Dialogs(
      pageOf([entry(channel(1n), 9, 900), entry(user(1n), 8, 800), entry(group(1n), 7, 700)]),
    ),
    new Api.messages.Dialogs(pageOf([entry(channel(2n), 6, 600), entry(channel(1n), 9, 900)])),
  ]);
  expect((await dialogChannels(connection)).map(({ title }) => title)).toEqual([
    'Channel 1',
    'Group 1',
    'Channel 2',
  ]);
  expect(connection.asked.map(({ folderId }) => folderId)).toEqual([0, 1]);
});

test('does not list a channel that is only mentioned in a message', async () => {
  const page = pageOf([entry(user(1n), 8, 800)]);
  const connection = answering([new Api.messages.Dialogs({ ...page, chats: [channel(3n)] })]);
  expect(await dialogChannels(connection)).toEqual([]);
});

test('continues after the last dialog that has a message', async () => {
  const first = [entry(channel(1n), 9, 900), entry(user(2n), 8, 800), { chat: channel(3n), message: null }];
  const connection = answering([
    new Api.messages.DialogsSlice({ ...pageOf(first), count: 4 }),
    new Api.messages.DialogsSlice({ ...pageOf([entry(group(4n), 7, 700)]), count: 4 }),
  ]);
  expect(await dialogChannels(connection)).toHaveLength(3);
  const [, next, archive] = connection.asked;
  expect(next).toMatchObject({ offsetDate: 800, offsetId: 8, folderId: 0 });
  expect(next?.offsetPeer).toMatchObject({ userId: long(2n), accessHash: long(20n) });
  expect(archive).toMatchObject({ offsetDate: 0, offsetId: 0, folderId: 1 });
});

test('stops if pages bring nothing new', async () => {
  const same = new Api.messages.DialogsSlice({ ...pageOf([entry(channel(1n), 9, 900)]), count: 1000 });
  const connection = answering(Array.from({ length: 50 }, () => same));
  expect(await dialogChannels(connection)).toHaveLength(1);
  expect(connection.asked).toHaveLength(4);
});
