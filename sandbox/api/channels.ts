import { Api } from 'telegram/tl/index.js';
import { long } from '../tl/values.js';
import { ptsOf } from '../world/feed.js';
import { tlChannel } from '../world/tl_objects.js';
import { type Call, method } from './call.js';
import { channelOf, readableChannelOf } from './peers.js';

/** Channels and supergroups (core.telegram.org/api/channel). */
export const channelMethods = [
  method(Api.channels.GetChannels, getChannels),
  method(Api.channels.GetFullChannel, getFullChannel),
];

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
