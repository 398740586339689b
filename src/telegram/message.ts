/** The author of a message. Ids are decimal digits. */
export interface Sender {
  readonly kind: 'user' | 'channel' | 'group';
  readonly id: string;
}

/** A part of a text that is more than letters; `offset` and `length` count UTF-16 units. */
export interface TextEntity {
  /** Such as `bold`, `text_url`, `mention_name`. */
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly userId?: string;
  readonly language?: string;
}

/** Where a message was forwarded from, as far as Telegram says. */
export interface Forward {
  readonly from: Sender | null;
  readonly name: string | null;
  /** Seconds since 1970, of the original. */
  readonly date: number;
  /** The original's id in its channel. */
  readonly messageId: number | null;
}

/** A file of a message. Ids and hashes are decimal digits. */
export interface MediaFile {
  readonly kind: 'document' | 'photo';
  readonly id: string;
  readonly accessHash: string;
  /** Base64. Goes stale after a while: read the message again then. */
  readonly fileReference: string;
  readonly dcId: number;
  /** The photo's largest size; null for documents. */
  readonly thumbSize: string | null;
  /** Null: it has no name of its own. */
  readonly name: string | null;
  readonly mimeType: string;
  readonly sizeBytes: number;
}

/** The media of a message other than a downloadable file: a poll, a place, a web page, … */
export interface MediaDescription {
  /** Such as `photo`, `document`, `webpage`, `poll`, `geo`, `contact`. */
  readonly kind: string;
  readonly [fact: string]: string | number | boolean | null | readonly string[];
}

/** A message of a channel or group, with all that a reader would want. */
export interface Message {
  readonly id: number;
  /** Seconds since 1970. */
  readonly date: number;
  readonly text: string;
  readonly file: MediaFile | null;
  /** Seconds since 1970; null: never edited. */
  readonly editDate: number | null;
  readonly entities: readonly TextEntity[];
  /** Null: the channel itself. */
  readonly from: Sender | null;
  /** The signature under a channel's post. */
  readonly author: string | null;
  readonly views: number | null;
  readonly forwards: number | null;
  readonly replies: number | null;
  readonly replyTo: number | null;
  readonly forward: Forward | null;
  /** Messages with the same are one album. */
  readonly groupedId: string | null;
  readonly pinned: boolean;
  readonly reactions: readonly { readonly emoji: string; readonly count: number }[];
  readonly media: MediaDescription | null;
  /** What happened, where the message only says that something did, such as `chat_create`. */
  readonly action: string | null;
}

/** The next messages of a history. */
export interface MessagesAfter {
  /** Oldest first. Fewer than were asked for does not mean that there are no more. */
  readonly messages: readonly Message[];
  /** Up to this id there are no others; the one that was given, when there is nothing after it. */
  readonly lastId: number;
  /** How many there are in all after the id that was given; null: Telegram does not say. */
  readonly total: number | null;
}
