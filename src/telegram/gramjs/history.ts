import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import type { HistoryPage, Peer } from '../gateway.js';
import type { Message, MessagesAfter } from '../message.js';
import type { Callable } from './connection.js';
import { toMessages } from './messages.js';

/** As many messages as Telegram returns at once. */
const MAX_PAGE = 100;

/** A page of messages, newest first. Rejects as calls do. */
export async function history(
  connection: Callable,
  peer: Peer,
  { minId, offsetId, limit }: HistoryPage,
): Promise<Message[]> {
  const request = new Api.messages.GetHistory({
    ...{ peer: inputPeer(peer), minId, offsetId, limit },
    ...{ offsetDate: 0, addOffset: 0, maxId: 0, hash: returnBigInt(0) },
  });
  const page = await connection.call(request);
  // "Not modified" is only answered to a request with a hash.
  return 'messages' in page ? page.messages.flatMap(toMessages) : [];
}

/** The oldest messages after `afterId`. Rejects as calls do. */
export async function messagesAfter(
  connection: Callable,
  peer: Peer,
  afterId: number,
  limit: number,
): Promise<MessagesAfter> {
  // A page that starts at the first newer one and is moved back over as many as it holds (core.telegram.org/api/offsets).
  const request = new Api.messages.GetHistory({
    ...{ peer: inputPeer(peer), minId: afterId, offsetId: afterId + 1, addOffset: -limit, limit },
    ...{ offsetDate: 0, maxId: 0, hash: returnBigInt(0) },
  });
  const page = await connection.call(request);
  const found = 'messages' in page ? page.messages.filter(({ id }) => id > afterId) : [];
  const messages = found.flatMap(toMessages).sort((one, other) => one.id - other.id);
  const total = found.length === 0 ? 0 : totalAfter(page, afterId);
  return { messages, lastId: Math.max(afterId, ...found.map(({ id }) => id)), total };
}

/**
 * How many messages there are after `afterId`, by the answer to a request whose offset is the first of them. Its
 * `count` is that of the whole history; null: Telegram does not say.
 */
function totalAfter(page: Api.messages.TypeMessages, afterId: number): number | null {
  if (page instanceof Api.messages.Messages) return page.messages.filter(({ id }) => id > afterId).length;
  if (page instanceof Api.messages.MessagesNotModified || page.inexact) return null;
  return page.offsetIdOffset ?? (afterId === 0 ? page.count : null);
}

/** The id of the newest message before `date`, in seconds since 1970; 0: none is known. Rejects as calls do. */
export async function lastBefore(connection: Callable, peer: Peer, date: number): Promise<number> {
  const request = new Api.messages.GetHistory({
    ...{ peer: inputPeer(peer), offsetDate: date, limit: MAX_PAGE },
    ...{ offsetId: 0, addOffset: 0, minId: 0, maxId: 0, hash: returnBigInt(0) },
  });
  const page = await connection.call(request);
  const messages = 'messages' in page ? page.messages.flatMap(toMessages) : [];
  // Telegram does not promise that those of this very second are left out.
  return Math.max(0, ...messages.filter((message) => message.date < date).map(({ id }) => id));
}

/** The peer as calls name it. */
function inputPeer({ id, accessHash }: Peer): Api.InputPeerChannel | Api.InputPeerChat {
  return accessHash === null
    ? new Api.InputPeerChat({ chatId: returnBigInt(id) })
    : new Api.InputPeerChannel({ channelId: returnBigInt(id), accessHash: returnBigInt(accessHash) });
}

/**
 * The oldest messages after `afterId`, for whoever may not read the history: all ids that there may be are asked
 * for, `limit` at once. Rejects as calls do.
 */
export async function messagesByIds(
  connection: Callable,
  peer: Peer,
  afterId: number,
  limit: number,
): Promise<MessagesAfter> {
  const channel = inputChannel(peer);
  const following = (id: number) => existing(connection, channel, id, limit);
  const next = await following(afterId);
  if (next.length > 0) return page(next);
  const last = await newestPossibleId(connection, channel);
  for (let at = afterId + limit; at < last; at += limit) {
    const beyond = await following(at);
    if (beyond.length === 0) continue;
    // Ids are given in their order: what came meanwhile where nothing was is there by now.
    for (let before = afterId; before < at; before += limit) {
      const late = await following(before);
      if (late.length > 0) return page(late);
    }
    return page(beyond);
  }
  return { messages: [], lastId: afterId, total: 0 };
}

/** Those of the `count` ids after `id` that are messages. Where there is none, Telegram says so with an empty one. */
async function existing(
  connection: Callable,
  channel: Api.InputChannel,
  id: number,
  count: number,
): Promise<Api.TypeMessage[]> {
  const ids = Array.from({ length: count }, (_, at) => new Api.InputMessageID({ id: id + 1 + at }));
  const answer = await connection.call(new Api.channels.GetMessages({ channel, id: ids }));
  const found = 'messages' in answer ? answer.messages : [];
  return found.filter((message) => !(message instanceof Api.MessageEmpty)).sort((a, b) => a.id - b.id);
}

/** No message has a higher id: each counts as an event of its channel, and so do edits and deletions. */
async function newestPossibleId(connection: Callable, channel: Api.InputChannel): Promise<number> {
  const { fullChat } = await connection.call(new Api.channels.GetFullChannel({ channel }));
  return fullChat instanceof Api.ChannelFull ? fullChat.pts : 0;
}

function page(found: readonly Api.TypeMessage[]): MessagesAfter {
  return { messages: found.flatMap(toMessages), lastId: Math.max(...found.map(({ id }) => id)), total: null };
}

function inputChannel({ id, accessHash }: Peer): Api.InputChannel {
  return new Api.InputChannel({
    channelId: returnBigInt(id),
    accessHash: returnBigInt(accessHash ?? '0'),
  });
}
