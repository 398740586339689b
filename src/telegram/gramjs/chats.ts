import { Api } from 'telegram/tl/index.js';
import type { Channel } from '../gateway.js';
import { activeUsername } from './user.js';

/** A chat as a channel or group that the account is in; null: it is not, or there is nothing to see any more. */
export function presentChat(chat: Api.TypeChat | undefined): Channel | null {
  if (chat instanceof Api.Channel) return chat.left === true ? null : presentChannel(chat);
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
export function presentChannel(channel: Api.Channel): Channel {
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
