import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramFlood, TelegramRefused } from '../errors.js';
import type { Channel, ChannelList } from '../gateway.js';
import type { Callable } from './connection.js';

/** Errors that concern one channel, not the session. */
const OF_ONE_CHANNEL = /^(CHANNEL|CHAT|PEER_ID)_/;

/**
 * The account's channels, with descriptions until Telegram asks to wait or `isEnough` says so. Rejects as calls do.
 */
export async function channelList(connection: Callable, isEnough: () => boolean): Promise<ChannelList> {
  const channels = await dialogChannels(connection);
  for (const [at, channel] of channels.entries()) {
    if (isEnough()) break;
    try {
      channels[at] = await described(connection, channel);
    } catch (error) {
      if (error instanceof TelegramFlood) {
        return { channels, flood: { method: error.method, seconds: error.retryAfterSeconds } };
      }
      if (!(error instanceof TelegramRefused && OF_ONE_CHANNEL.test(error.telegramError))) throw error;
    }
  }
  return { channels, flood: null };
}

/** The public channel of this name. Rejects as calls do, and with PEER_ID_NOT_SUPPORTED for the name of a user. */
export async function resolveChannel(connection: Callable, username: string): Promise<Channel> {
  const method = 'contacts.resolveUsername';
  const { peer, chats } = await connection.call(new Api.contacts.ResolveUsername({ username }));
  if (!(peer instanceof Api.PeerChannel)) throw new TelegramRefused('PEER_ID_NOT_SUPPORTED', method);
  const channel = chats.find((chat) => chat instanceof Api.Channel && chat.id.eq(peer.channelId));
  if (channel instanceof Api.Channel) return toChannel(channel);
  throw new TelegramRefused('CHANNEL_PRIVATE', method);
}

async function described(connection: Callable, channel: Channel): Promise<Channel> {
  const { fullChat } = await connection.call(fullRequest(channel));
  const count = fullChat instanceof Api.ChannelFull ? fullChat.participantsCount : null;
  return {
    ...channel,
    description: fullChat.about,
    participantsCount: count ?? channel.participantsCount,
  };
}

function fullRequest({ id, accessHash }: Channel): Api.channels.GetFullChannel | Api.messages.GetFullChat {
  const channelId = returnBigInt(id);
  return accessHash === null
    ? new Api.messages.GetFullChat({ chatId: channelId })
    : new Api.channels.GetFullChannel({
        channel: new Api.InputChannel({ channelId, accessHash: returnBigInt(accessHash) }),
      });
}

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
        const channel = toChannelOrGroup(chats.get(peerKey(peer)));
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

/** A chat as a channel or group that the account is in; null: it is not, or there is nothing to see any more. */
export function toChannelOrGroup(chat: Api.TypeChat | undefined): Channel | null {
  if (chat instanceof Api.Channel) return chat.left === true ? null : toChannel(chat);
  if (!(chat instanceof Api.Chat) || chat.left === true || chat.deactivated === true) return null;
  return {
    id: chat.id.toString(),
    accessHash: null,
    username: null,
    title: chat.title,
    participantsCount: chat.participantsCount,
    isBroadcast: false,
    isMegagroup: false,
    description: null,
  };
}

/** A channel or supergroup, whether the account is in it or not. Its description is not known yet. */
function toChannel(channel: Api.Channel): Channel {
  return {
    id: channel.id.toString(),
    accessHash: channel.accessHash?.toString() ?? '0',
    username: channel.username ?? activeUsername(channel.usernames),
    title: channel.title,
    participantsCount: channel.participantsCount ?? null,
    isBroadcast: channel.broadcast === true,
    isMegagroup: channel.megagroup === true,
    description: null,
  };
}

/** The first name in use, of those that have several (bought ones); null: none. */
export function activeUsername(usernames: readonly Api.TypeUsername[] | null | undefined): string | null {
  return usernames?.find(({ active }) => active)?.username ?? null;
}
