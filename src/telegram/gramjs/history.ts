import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import type { HistoryPage, Message, Peer } from '../gateway.js';
import type { Callable } from './connection.js';
import { presentFile } from './media.js';

/** The peer as calls name it. */
export function inputPeer({ id, accessHash }: Peer): Api.InputPeerChannel | Api.InputPeerChat {
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

/** Deleted messages have a place in the page, and nothing else. What only says that something happened has no text. */
function presentMessage(message: Api.TypeMessage): Message[] {
  if (message instanceof Api.MessageEmpty) return [];
  const { id, date } = message;
  if (message instanceof Api.MessageService) return [{ id, date, text: '', file: null }];
  return [{ id, date, text: message.message, file: presentFile(message.media) }];
}
