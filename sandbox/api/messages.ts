import { Api } from 'telegram/tl/index.js';
import { ptsOf } from '../world/feed.js';
import { tlChannel, tlMessage } from '../world/tl_objects.js';
import type { Channel } from '../world/world.js';
import { type Call, method } from './call.js';
import { RpcError } from './errors.js';
import { type PageRequest, pageOf } from './page.js';
import { readableChannelOf, userOf } from './peers.js';

/** The messages of channels. */
export const messageMethods = [
  method(Api.messages.GetHistory, getHistory, { refusesBots: true }),
  method(Api.messages.Search, search, { refusesBots: true }),
  method(Api.channels.GetMessages, getMessages),
  // Chats with users are empty here.
  method(Api.messages.GetMessages, ({ id }) => nothing(id.length)),
];

/** Telegram returns at most this many at once. */
const MAX_IDS = 100;

function getHistory(request: Api.messages.GetHistory, call: Call): Api.messages.TypeMessages {
  if (userOf(request.peer, call) !== null) return nothing(0);
  return page(readableChannelOf(peerOf(request.peer), call), request, call);
}

/** Without a query or filter, as when clients search for everything, returns the history; else nothing. */
function search(request: Api.messages.Search, call: Call): Api.messages.TypeMessages {
  if (userOf(request.peer, call) !== null) return nothing(0);
  const channel = readableChannelOf(peerOf(request.peer), call);
  const { q, filter } = request;
  if (q !== '' || !(filter instanceof Api.InputMessagesFilterEmpty)) return messages(channel, [], 0, call);
  return page(channel, { ...request, offsetDate: request.maxDate }, call);
}

function page(channel: Channel, request: PageRequest, call: Call): Api.messages.TypeMessages {
  const { feed } = channel;
  const presented = pageOf(feed, request).map((post) => tlMessage(post, channel, call.account));
  // Where `offsetId` is in the whole history, newest first: how many messages are not older.
  const newer = feed.count - feed.countUntil(request.offsetId - 1);
  return messages(channel, presented, feed.count, call, request.offsetId > 0 ? newer : null);
}

function getMessages(request: Api.channels.GetMessages, call: Call): Api.messages.TypeMessages {
  const channel = readableChannelOf(request.channel, call);
  const found = request.id.slice(0, MAX_IDS).map((input) => {
    const id = input instanceof Api.InputMessageID ? input.id : 0;
    const post = channel.feed.post(id);
    return post === null ? new Api.MessageEmpty({ id }) : tlMessage(post, channel, call.account);
  });
  return messages(channel, found, found.length, call);
}

function messages(
  channel: Channel,
  found: Api.TypeMessage[],
  count: number,
  { account }: Call,
  offsetIdOffset: number | null = null,
): Api.messages.ChannelMessages {
  return new Api.messages.ChannelMessages({
    pts: ptsOf(channel.feed),
    count,
    ...(offsetIdOffset !== null && { offsetIdOffset }),
    messages: found,
    topics: [],
    chats: [tlChannel(channel, account)],
    users: [],
  });
}

function peerOf(peer: unknown): Api.InputPeerChannel {
  if (peer instanceof Api.InputPeerChannel) return peer;
  throw new RpcError('PEER_ID_INVALID');
}

function nothing(asked: number): Api.messages.Messages {
  const empty = Array.from({ length: asked }, () => new Api.MessageEmpty({ id: 0 }));
  return new Api.messages.Messages({ messages: empty, chats: [], users: [] });
}
