import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import type { Channel } from '../gateway.js';
import { presentChat } from './chats.js';
import type { Callable } from './connection.js';

/** The usual list, and the archive. */
const FOLDERS = [0, 1];
const PAGE = 100;

type Page = Exclude<Api.messages.TypeDialogs, Api.messages.DialogsNotModified>;

/** Where a page begins: after this dialog. */
interface Offset {
  readonly offsetDate: number;
  readonly offsetId: number;
  readonly offsetPeer: Api.TypeInputPeer;
}

/** The channels and groups among an account's dialogs, in Telegram's order. Rejects as calls do. */
export async function dialogChannels(connection: Callable): Promise<Channel[]> {
  const found = new Map<string, Channel>();
  for (const folderId of FOLDERS) {
    for await (const page of pages(connection, folderId)) {
      const chats = new Map(page.chats.map((chat) => [chatKey(chat), chat]));
      for (const { peer } of page.dialogs) {
        const channel = presentChat(chats.get(peerKey(peer)));
        if (channel !== null) found.set(peerKey(peer), channel);
      }
    }
  }
  return [...found.values()];
}

async function* pages(connection: Callable, folderId: number): AsyncGenerator<Page> {
  let offset: Offset | null = { offsetDate: 0, offsetId: 0, offsetPeer: new Api.InputPeerEmpty() };
  const seen = new Set<string>();
  while (offset !== null) {
    const request = new Api.messages.GetDialogs({ folderId, ...offset, limit: PAGE, hash: returnBigInt(0) });
    const page: Api.messages.TypeDialogs = await connection.call(request);
    if (page instanceof Api.messages.DialogsNotModified) return;
    yield page;
    const before = seen.size;
    for (const { peer } of page.dialogs) seen.add(peerKey(peer));
    // A page that brings nothing new would be followed by another such page.
    const isLast = page instanceof Api.messages.Dialogs || seen.size === before || seen.size >= page.count;
    offset = isLast ? null : offsetAfter(page);
  }
}

/** Pages are counted by the newest message of the last dialog; one without a message can't be counted by. */
function offsetAfter({ dialogs, messages, chats, users }: Page): Offset | null {
  const dates = new Map(messages.flatMap(dated));
  const people = new Map([...chats, ...users].map((entity) => [chatKey(entity), entity]));
  for (const { peer, topMessage } of [...dialogs].reverse()) {
    const offsetDate = dates.get(`${peerKey(peer)}:${topMessage}`);
    const offsetPeer = inputPeerOf(people.get(peerKey(peer)));
    if (offsetDate !== undefined && offsetPeer !== null)
      return { offsetDate, offsetId: topMessage, offsetPeer };
  }
  return null;
}

function dated(message: Api.TypeMessage): [string, number][] {
  if (message instanceof Api.MessageEmpty) return [];
  return [[`${peerKey(message.peerId)}:${message.id}`, message.date]];
}

function inputPeerOf(entity: Api.TypeChat | Api.TypeUser | undefined): Api.TypeInputPeer | null {
  if (entity instanceof Api.Channel || entity instanceof Api.ChannelForbidden) {
    const accessHash = entity.accessHash ?? returnBigInt(0);
    return new Api.InputPeerChannel({ channelId: entity.id, accessHash });
  }
  if (entity instanceof Api.User) {
    return new Api.InputPeerUser({ userId: entity.id, accessHash: entity.accessHash ?? returnBigInt(0) });
  }
  return entity instanceof Api.Chat || entity instanceof Api.ChatForbidden
    ? new Api.InputPeerChat({ chatId: entity.id })
    : null;
}

/** Channels, groups and users count separately: their ids may be the same. */
function peerKey(peer: Api.TypePeer): string {
  if (peer instanceof Api.PeerChannel) return `channel ${peer.channelId}`;
  return peer instanceof Api.PeerChat ? `chat ${peer.chatId}` : `user ${peer.userId}`;
}

function chatKey(entity: Api.TypeChat | Api.TypeUser): string {
  if (entity instanceof Api.Channel || entity instanceof Api.ChannelForbidden) return `channel ${entity.id}`;
  const isUser = entity instanceof Api.User || entity instanceof Api.UserEmpty;
  return `${isUser ? 'user' : 'chat'} ${entity.id}`;
}
