import { Api } from 'telegram/tl/index.js';
import { exact, long } from '../tl/values.js';
import type { Account } from '../world/accounts.js';
import { ptsOf } from '../world/feed.js';
import { canRead, tlChannel, tlUser } from '../world/tl_objects.js';
import { accessHash, type Channel, channelAccessHash } from '../world/world.js';
import { type Call, method } from './call.js';
import { RpcError } from './errors.js';

/** Users, channels and supergroups, and their public names (core.telegram.org/api/peers). */
export const peerMethods = [
  method(Api.users.GetUsers, getUsers),
  method(Api.users.GetFullUser, getFullUser),
  method(Api.contacts.ResolveUsername, resolveUsername),
  method(Api.channels.GetChannels, getChannels),
  method(Api.channels.GetFullChannel, getFullChannel),
];

/**
 * The channel that `input` names, readable or not. Throws RpcError `CHANNEL_INVALID` if there is none, or if the
 * access hash is not this account's (core.telegram.org/api/peers, Access hash).
 */
export function channelOf(input: unknown, { backend, account }: Call): Channel {
  if (!(input instanceof Api.InputChannel || input instanceof Api.InputPeerChannel)) {
    throw new RpcError('CHANNEL_INVALID');
  }
  const channel = backend.world.channel(exact(input.channelId));
  if (channel === null || exact(input.accessHash) !== channelAccessHash(account, channel)) {
    throw new RpcError('CHANNEL_INVALID');
  }
  return channel;
}

/** Like `channelOf`; throws RpcError `CHANNEL_PRIVATE` if the account may not read it. */
export function readableChannelOf(input: unknown, call: Call): Channel {
  const channel = channelOf(input, call);
  if (!canRead(channel, call.account)) throw new RpcError('CHANNEL_PRIVATE');
  return channel;
}

/** The account that `input` names; null: none, or with a wrong access hash. */
export function userOf(input: unknown, { backend, account }: Call): Account | null {
  if (input instanceof Api.InputUserSelf || input instanceof Api.InputPeerSelf) return account;
  if (!(input instanceof Api.InputUser || input instanceof Api.InputPeerUser)) return null;
  const user = backend.world.user(exact(input.userId));
  if (user === null || user.id === account.id) return user;
  return exact(input.accessHash) === accessHash(account, 'user', user.id) ? user : null;
}

/** The format of a username (core.telegram.org/method/contacts.resolveUsername); Telegram's own may be shorter. */
const USERNAME = /^[a-z][a-z0-9_]{2,31}$/i;

function getUsers({ id }: Api.users.GetUsers, call: Call): Api.TypeUser[] {
  const { account } = call;
  return id.flatMap((input) => {
    const user = userOf(input, call);
    return user === null ? [] : [tlUser(user, account)];
  });
}

function getFullUser({ id }: Api.users.GetFullUser, call: Call): Api.users.UserFull {
  const { account } = call;
  const user = userOf(id, call);
  if (user === null) throw new RpcError('USER_ID_INVALID');
  const fullUser = new Api.UserFull({
    id: long(user.id),
    ...(user.seed.about === undefined ? {} : { about: user.seed.about }),
    settings: new Api.PeerSettings({}),
    notifySettings: new Api.PeerNotifySettings({}),
    commonChatsCount: 0,
  });
  return new Api.users.UserFull({ fullUser, chats: [], users: [tlUser(user, account)] });
}

function resolveUsername(request: Api.contacts.ResolveUsername, call: Call): Api.contacts.ResolvedPeer {
  const { backend, account } = call;
  backend.resolves.count(account.phone, request.username);
  if (!USERNAME.test(request.username)) throw new RpcError('USERNAME_INVALID');
  const owner = backend.world.named(request.username);
  if (owner === null) throw new RpcError('USERNAME_NOT_OCCUPIED');
  return isChannel(owner)
    ? new Api.contacts.ResolvedPeer({
        peer: new Api.PeerChannel({ channelId: long(owner.id) }),
        chats: [tlChannel(owner, account)],
        users: [],
      })
    : new Api.contacts.ResolvedPeer({
        peer: new Api.PeerUser({ userId: long(owner.id) }),
        chats: [],
        users: [tlUser(owner, account)],
      });
}

function isChannel(owner: Account | Channel): owner is Channel {
  return 'feed' in owner;
}

function getChannels({ id }: Api.channels.GetChannels, call: Call): Api.messages.TypeChats {
  const { account } = call;
  const chats = id.map((input) => tlChannel(channelOf(input, call), account));
  return new Api.messages.Chats({ chats });
}

function getFullChannel(request: Api.channels.GetFullChannel, call: Call): Api.messages.ChatFull {
  const { account } = call;
  const channel = readableChannelOf(request.channel, call);
  const fullChat = new Api.ChannelFull({
    id: long(channel.id),
    about: channel.seed.about,
    participantsCount: channel.seed.participants,
    readInboxMaxId: channel.feed.lastId,
    readOutboxMaxId: 0,
    unreadCount: 0,
    chatPhoto: new Api.PhotoEmpty({ id: long(0n) }),
    notifySettings: new Api.PeerNotifySettings({}),
    botInfo: [],
    pts: ptsOf(channel.feed),
  });
  return new Api.messages.ChatFull({ fullChat, chats: [tlChannel(channel, account)], users: [] });
}
