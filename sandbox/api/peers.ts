import { Api } from 'telegram/tl/index.js';
import { exact } from '../tl/values.js';
import type { Account } from '../world/accounts.js';
import { canRead } from '../world/tl_objects.js';
import { accessHash, type Channel, channelAccessHash } from '../world/world.js';
import type { Call } from './call.js';
import { RpcError } from './errors.js';

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
