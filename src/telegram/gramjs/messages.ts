import { Api } from 'telegram/tl/index.js';
import type { Forward, MediaDescription, MediaFile, Message, Sender, TextEntity } from '../message.js';

const EMPTY_CONTENT = {
  text: '',
  file: null,
  editDate: null,
  entities: [],
  author: null,
  views: null,
  forwards: null,
  replies: null,
  forward: null,
  groupedId: null,
  pinned: false,
  reactions: [],
  media: null,
} as const;

/** Deleted messages have a place in the page, and nothing else. What only says that something happened has no text. */
export function toMessages(message: Api.TypeMessage): Message[] {
  if (message instanceof Api.MessageEmpty) return [];
  const { id, date } = message;
  const from = toSender(message.fromId);
  const replyTo = repliedTo(message.replyTo);
  if (message instanceof Api.MessageService) {
    return [
      {
        ...EMPTY_CONTENT,
        id,
        date,
        from,
        replyTo,
        action: snakeCase(message.action.className, 'MessageAction'),
      },
    ];
  }
  return [
    // Written out: a spread costs thirty times as much here, for each message of a channel.
    {
      id,
      date,
      from,
      replyTo,
      text: message.message,
      file: toMediaFile(message.media),
      editDate: message.editDate ?? null,
      entities: (message.entities ?? []).map(toEntity),
      author: message.postAuthor ?? null,
      views: message.views ?? null,
      forwards: message.forwards ?? null,
      replies: message.replies?.replies ?? null,
      forward: toForward(message.fwdFrom),
      groupedId: message.groupedId?.toString() ?? null,
      pinned: message.pinned === true,
      reactions: (message.reactions?.results ?? []).map(toReaction),
      media: describeMedia(message.media),
      action: null,
    },
  ];
}

function toSender(peer: Api.TypePeer | undefined): Sender | null {
  if (peer instanceof Api.PeerUser) return { kind: 'user', id: peer.userId.toString() };
  if (peer instanceof Api.PeerChannel) return { kind: 'channel', id: peer.channelId.toString() };
  if (peer instanceof Api.PeerChat) return { kind: 'group', id: peer.chatId.toString() };
  return null;
}

function repliedTo(header: Api.TypeMessageReplyHeader | undefined): number | null {
  return header instanceof Api.MessageReplyHeader ? (header.replyToMsgId ?? null) : null;
}

function toForward(header: Api.TypeMessageFwdHeader | undefined): Forward | null {
  if (!header) return null;
  const { fromId, fromName, date, channelPost } = header;
  return { from: toSender(fromId), name: fromName ?? null, date, messageId: channelPost ?? null };
}

function toEntity(entity: Api.TypeMessageEntity): TextEntity {
  const { offset, length } = entity;
  return {
    ...{ type: snakeCase(entity.className, 'MessageEntity'), offset, length },
    ...(entity instanceof Api.MessageEntityTextUrl && { url: entity.url }),
    ...(entity instanceof Api.MessageEntityMentionName && { userId: entity.userId.toString() }),
    ...(entity instanceof Api.MessageEntityPre && entity.language !== '' && { language: entity.language }),
  };
}

function toReaction({ reaction, count }: Api.ReactionCount): { emoji: string; count: number } {
  if (reaction instanceof Api.ReactionEmoji) return { emoji: reaction.emoticon, count };
  const custom = reaction instanceof Api.ReactionCustomEmoji ? reaction.documentId.toString() : 'other';
  return { emoji: `custom:${custom}`, count };
}

/** The file of a message's media; null: it has none that can be downloaded. */
export function toMediaFile(media: Api.TypeMessageMedia | null | undefined): MediaFile | null {
  if (media instanceof Api.MessageMediaDocument && media.document instanceof Api.Document) {
    return documentFile(media.document);
  }
  if (media instanceof Api.MessageMediaPhoto && media.photo instanceof Api.Photo) {
    return photoFile(media.photo);
  }
  return null;
}

function documentFile(document: Api.Document): MediaFile {
  const named = document.attributes.find((attribute) => attribute instanceof Api.DocumentAttributeFilename);
  return {
    ...identity(document),
    kind: 'document',
    thumbSize: null,
    name: named?.fileName ?? null,
    mimeType: document.mimeType,
    sizeBytes: document.size.toJSNumber(),
  };
}

/** A photo without a size that is a file of its own (one that has expired, say) is no file. */
function photoFile(photo: Api.Photo): MediaFile | null {
  const [largest] = photo.sizes.flatMap(fileSize).sort((one, other) => other.area - one.area);
  if (largest === undefined) return null;
  const { type: thumbSize, sizeBytes } = largest;
  return { ...identity(photo), kind: 'photo', thumbSize, name: null, mimeType: 'image/jpeg', sizeBytes };
}

function fileSize(size: Api.TypePhotoSize): { type: string; area: number; sizeBytes: number }[] {
  if (size instanceof Api.PhotoSize)
    return [{ type: size.type, area: size.w * size.h, sizeBytes: size.size }];
  if (size instanceof Api.PhotoSizeProgressive) {
    return [{ type: size.type, area: size.w * size.h, sizeBytes: Math.max(...size.sizes) }];
  }
  return [];
}

function identity({ id, accessHash, fileReference, dcId }: Api.Document | Api.Photo) {
  return {
    id: id.toString(),
    accessHash: accessHash.toString(),
    fileReference: fileReference.toString('base64'),
    dcId,
  };
}

/** The kind of a message's media; null: there is none. */
function describeMedia(media: Api.TypeMessageMedia | undefined): MediaDescription | null {
  if (!media || media instanceof Api.MessageMediaEmpty) return null;
  const kind = snakeCase(media.className, 'MessageMedia');
  if (media instanceof Api.MessageMediaDocument) return { kind, ...ofDocument(media.document) };
  if (media instanceof Api.MessageMediaWebPage) return { kind, ...ofWebPage(media.webpage) };
  if (media instanceof Api.MessageMediaPoll) return { kind, ...ofPoll(media) };
  if (media instanceof Api.MessageMediaContact) {
    const { phoneNumber, firstName, lastName } = media;
    return { kind, phone_number: phoneNumber, first_name: firstName, last_name: lastName };
  }
  if (media instanceof Api.MessageMediaGeo || media instanceof Api.MessageMediaGeoLive) {
    return { kind, ...ofPlace(media.geo) };
  }
  if (media instanceof Api.MessageMediaVenue) {
    const { title, address, geo } = media;
    return { kind, title, address, ...ofPlace(geo) };
  }
  if (media instanceof Api.MessageMediaDice) return { kind, emoji: media.emoticon, value: media.value };
  return { kind };
}

type Facts = Omit<MediaDescription, 'kind'>;

function ofDocument(document: Api.TypeDocument | undefined): Facts {
  if (!(document instanceof Api.Document)) return {};
  const facts: Record<string, string | number | boolean> = {};
  for (const attribute of document.attributes) {
    if (attribute instanceof Api.DocumentAttributeVideo) {
      Object.assign(facts, { width: attribute.w, height: attribute.h, duration_seconds: attribute.duration });
    }
    if (attribute instanceof Api.DocumentAttributeImageSize) {
      Object.assign(facts, { width: attribute.w, height: attribute.h });
    }
    if (attribute instanceof Api.DocumentAttributeAudio) {
      const { duration, voice = false, title = '', performer = '' } = attribute;
      Object.assign(facts, { duration_seconds: duration, voice, title, performer });
    }
    if (attribute instanceof Api.DocumentAttributeSticker) facts.sticker = attribute.alt;
    if (attribute instanceof Api.DocumentAttributeAnimated) facts.animated = true;
  }
  return facts;
}

function ofWebPage(page: Api.TypeWebPage): Facts {
  if (!(page instanceof Api.WebPage)) return {};
  const { url, siteName, title, description } = page;
  return {
    ...{ url, site_name: siteName ?? null, title: title ?? null, description: description ?? null },
  };
}

function ofPoll({ poll, results }: Api.MessageMediaPoll): Facts {
  return {
    question: textOf(poll.question),
    answers: poll.answers.map(({ text }) => textOf(text)),
    voters: results.totalVoters ?? null,
    closed: poll.closed === true,
  };
}

function textOf(text: string | Api.TypeTextWithEntities): string {
  return typeof text === 'string' ? text : text.text;
}

function ofPlace(geo: Api.TypeGeoPoint): Facts {
  return geo instanceof Api.GeoPoint ? { latitude: geo.lat, longitude: geo.long } : {};
}

/** Telegram's name of a class as used in JSON: `MessageEntityTextUrl` is `text_url`. */
function snakeCase(className: string, prefix: string): string {
  const name = className.startsWith(prefix) ? className.slice(prefix.length) : className;
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
