import { Api } from 'telegram/tl/index.js';
import { long } from '../tl/values.js';
import type { Account } from './accounts.js';
import type { Post } from './feed.js';
import { presentFile } from './present_file.js';
import { accessHash, type Channel, channelAccessHash } from './world.js';

/** `account` as `viewer` sees it. Its phone number is its own business. */
export function presentUser(account: Account, viewer: Account): Api.User {
  const { first_name: firstName, last_name: lastName, username } = account.seed;
  const isSelf = account.id === viewer.id;
  const isBot = account.token !== null;
  return new Api.User({
    id: long(account.id),
    self: isSelf,
    accessHash: long(accessHash(viewer, 'user', account.id)),
    firstName,
    ...(lastName === undefined ? {} : { lastName }),
    ...(username === undefined ? {} : { username }),
    ...(isBot ? { bot: true, botInfoVersion: 1 } : isSelf ? { phone: account.phone } : {}),
    status: new Api.UserStatusEmpty(),
  });
}

/** `channel` as `viewer` sees it: a private one it is not in shows its title and nothing else. */
export function presentChannel(channel: Channel, viewer: Account): Api.Channel | Api.ChannelForbidden {
  const { seed, username } = channel;
  const kind = { broadcast: seed.kind === 'broadcast', megagroup: seed.kind === 'megagroup' };
  const same = {
    ...kind,
    id: long(channel.id),
    accessHash: long(channelAccessHash(viewer, channel)),
    title: channel.title,
  };
  if (!canRead(channel, viewer)) return new Api.ChannelForbidden(same);
  return new Api.Channel({
    ...same,
    left: !channel.hasMember(viewer),
    ...(username === null ? {} : { username }),
    photo: new Api.ChatPhotoEmpty(),
    date: seed.created,
    participantsCount: seed.participants,
  });
}

/** Whether `viewer` may look into `channel`: a member, or anybody where it is public. */
export function canRead(channel: Channel, viewer: Account): boolean {
  return channel.username !== null || channel.hasMember(viewer);
}

/** A message of `channel` as `viewer` sees it. */
export function presentPost(post: Post, channel: Channel, viewer: Account): Api.TypeMessage {
  const peerId = new Api.PeerChannel({ channelId: long(channel.id) });
  const isPost = channel.seed.kind === 'broadcast';
  if (post.text === null) {
    const action = new Api.MessageActionChannelCreate({ title: channel.title });
    return new Api.MessageService({ id: post.id, peerId, date: post.date, action, post: isPost });
  }
  return new Api.Message({
    id: post.id,
    peerId,
    date: post.date,
    message: post.text,
    post: isPost,
    ...(post.file === null ? {} : { media: presentFile(post.file, viewer) }),
    ...(isPost ? { views: post.id * 3, forwards: 0 } : {}),
  });
}
