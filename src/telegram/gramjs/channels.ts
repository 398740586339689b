import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramFlood, TelegramRefused } from '../errors.js';
import type { Channel, ChannelList } from '../gateway.js';
import { presentChannel } from './chats.js';
import type { Callable } from './connection.js';
import { dialogChannels } from './dialogs.js';

/** What is wrong with one channel, and not with the session. */
const OF_ONE_CHANNEL = /^(CHANNEL|CHAT|PEER_ID)_/;

/**
 * The account's channels, and their descriptions until Telegram wants a pause or `isEnough` says so. Rejects as
 * calls do.
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

/** The public channel of this name. Rejects as calls do; with PEER_ID_NOT_SUPPORTED where the name is a person's. */
export async function resolveChannel(connection: Callable, username: string): Promise<Channel> {
  const method = 'contacts.resolveUsername';
  const { peer, chats } = await connection.call(new Api.contacts.ResolveUsername({ username }));
  if (!(peer instanceof Api.PeerChannel)) throw new TelegramRefused('PEER_ID_NOT_SUPPORTED', method);
  const channel = chats.find((chat) => chat instanceof Api.Channel && chat.id.eq(peer.channelId));
  if (channel instanceof Api.Channel) return presentChannel(channel);
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
