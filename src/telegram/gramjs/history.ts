import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import type { HistoryPage, Peer } from '../gateway.js';
import type { Message, MessagesAfter } from '../message.js';
import type { Callable } from './connection.js';
import { presentMessage } from './messages.js';

/** The peer as calls name it. */
function inputPeer({ id, accessHash }: Peer): Api.InputPeerChannel | Api.InputPeerChat {
  return accessHash === null
    ? new Api.InputPeerChat({ chatId: returnBigInt(id) })
    : new Api.InputPeerChannel({ channelId: returnBigInt(id), accessHash: returnBigInt(accessHash) });
}

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
  // Only whoever sends a hash hears that nothing is new.
  return 'messages' in page ? page.messages.flatMap(presentMessage) : [];
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
  const messages = found.flatMap(presentMessage).sort((one, other) => one.id - other.id);
  return { messages, lastId: Math.max(afterId, ...found.map(({ id }) => id)) };
}
