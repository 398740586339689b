import { Api } from 'telegram/tl/index.js';
import type { Forward, Message, Sender, TextEntity } from '../message.js';
import { snakeCase } from './class_names.js';
import { presentFile } from './media.js';
import { describeMedia } from './media_description.js';

const NOTHING = {
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
export function presentMessage(message: Api.TypeMessage): Message[] {
  if (message instanceof Api.MessageEmpty) return [];
  const { id, date } = message;
  const from = presentSender(message.fromId);
  const replyTo = repliedTo(message.replyTo);
  if (message instanceof Api.MessageService) {
    return [
      { ...NOTHING, id, date, from, replyTo, action: snakeCase(message.action.className, 'MessageAction') },
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
      file: presentFile(message.media),
      editDate: message.editDate ?? null,
      entities: (message.entities ?? []).map(presentEntity),
      author: message.postAuthor ?? null,
      views: message.views ?? null,
      forwards: message.forwards ?? null,
      replies: message.replies?.replies ?? null,
      forward: presentForward(message.fwdFrom),
      groupedId: message.groupedId?.toString() ?? null,
      pinned: message.pinned === true,
      reactions: (message.reactions?.results ?? []).map(presentReaction),
      media: describeMedia(message.media),
      action: null,
    },
  ];
}

function presentSender(peer: Api.TypePeer | undefined): Sender | null {
  if (peer instanceof Api.PeerUser) return { kind: 'user', id: peer.userId.toString() };
  if (peer instanceof Api.PeerChannel) return { kind: 'channel', id: peer.channelId.toString() };
  if (peer instanceof Api.PeerChat) return { kind: 'group', id: peer.chatId.toString() };
  return null;
}

function repliedTo(header: Api.TypeMessageReplyHeader | undefined): number | null {
  return header instanceof Api.MessageReplyHeader ? (header.replyToMsgId ?? null) : null;
}

function presentForward(header: Api.TypeMessageFwdHeader | undefined): Forward | null {
  if (!header) return null;
  const { fromId, fromName, date, channelPost } = header;
  return { from: presentSender(fromId), name: fromName ?? null, date, messageId: channelPost ?? null };
}

function presentEntity(entity: Api.TypeMessageEntity): TextEntity {
  const { offset, length } = entity;
  return {
    ...{ type: snakeCase(entity.className, 'MessageEntity'), offset, length },
    ...(entity instanceof Api.MessageEntityTextUrl && { url: entity.url }),
    ...(entity instanceof Api.MessageEntityMentionName && { userId: entity.userId.toString() }),
    ...(entity instanceof Api.MessageEntityPre && entity.language !== '' && { language: entity.language }),
  };
}

function presentReaction({ reaction, count }: Api.ReactionCount): { emoji: string; count: number } {
  if (reaction instanceof Api.ReactionEmoji) return { emoji: reaction.emoticon, count };
  const custom = reaction instanceof Api.ReactionCustomEmoji ? reaction.documentId.toString() : 'other';
  return { emoji: `custom:${custom}`, count };
}
