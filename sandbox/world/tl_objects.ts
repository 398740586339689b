import { Api } from 'telegram/tl/index.js';
import { sha256 } from '../crypto/primitives.js';
import { long } from '../tl/values.js';
import type { Account } from './accounts.js';
import type { Post } from './feed.js';
import { fileSize, type StoredFile } from './files.js';
import { accessHash, type Channel, channelAccessHash } from './world.js';

/** `account` as `viewer` sees it: its phone number is shown to itself only. */
export function tlUser(account: Account, viewer: Account): Api.User {
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
export function tlChannel(channel: Channel, viewer: Account): Api.Channel | Api.ChannelForbidden {
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

/** Whether `viewer` may read `channel`: a member, or anyone if it is public. */
export function canRead(channel: Channel, viewer: Account): boolean {
  return channel.username !== null || channel.hasMember(viewer);
}

/** A message of `channel` as `viewer` sees it. */
export function tlMessage(post: Post, channel: Channel, viewer: Account): Api.TypeMessage {
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
    ...(post.file === null ? {} : { media: tlMedia(post.file, viewer) }),
    ...(isPost ? { views: post.id * 3, forwards: 0 } : {}),
  });
}

/** A photo's smaller size and the whole of it (core.telegram.org/api/files, Image thumbnail types). */
export const photoSizes: Readonly<Record<string, string>> = { m: 'm', y: '' };

/** A file as the media of a message. */
function tlMedia(file: StoredFile, viewer: Account): Api.TypeMessageMedia {
  return file.type.kind === 'photo'
    ? new Api.MessageMediaPhoto({ photo: tlPhoto(file, viewer) })
    : new Api.MessageMediaDocument({ document: tlDocument(file, viewer) });
}

/** The file reference that a client has to present; Telegram's change over time, ours do not. */
export function fileReference(file: StoredFile): Buffer {
  return sha256(Buffer.from(`reference:${file.id}`)).subarray(0, 20);
}

function tlPhoto(file: StoredFile, viewer: Account): Api.Photo {
  const sizes = Object.entries(photoSizes).map(([type, variant]) => {
    const side = variant === '' ? 1280 : 320;
    return new Api.PhotoSize({ type, w: side, h: side, size: fileSize(file, variant) });
  });
  return new Api.Photo({ ...identity(file, viewer), sizes });
}

function tlDocument(file: StoredFile, viewer: Account): Api.Document {
  const name = new Api.DocumentAttributeFilename({ fileName: file.name });
  return new Api.Document({
    ...identity(file, viewer),
    mimeType: file.type.mimeType,
    size: long(BigInt(file.size)),
    attributes: file.type.mimeType.startsWith('video/')
      ? [new Api.DocumentAttributeVideo({ duration: 12, w: 640, h: 360, supportsStreaming: true }), name]
      : [name],
  });
}

function identity(file: StoredFile, viewer: Account) {
  return {
    id: long(file.id),
    accessHash: long(accessHash(viewer, 'file', file.id)),
    fileReference: fileReference(file),
    date: file.date,
    dcId: file.dcId,
  };
}
