import { sha256 } from '../crypto/primitives.js';
import { fileType, type StoredFile } from './files.js';
import type { SeedChannel, SeedGenerated, SeedPost } from './seed.js';

/** One message of a channel. */
export interface Post {
  readonly id: number;
  /** Seconds since 1970. */
  readonly date: number;
  /** Null: the service message that the channel was created. */
  readonly text: string | null;
  readonly file: StoredFile | null;
}

/** The messages of one channel, generated on demand. Ids start at 1; some are missing. */
export interface Feed {
  readonly lastId: number;
  /** How many there are. */
  readonly count: number;
  /** How many there are up to this id. */
  countUntil(id: number): number;
  /** Null: deleted, or never written. */
  post(id: number): Post | null;
}

/** The event counter of a channel: every message counts, and every deletion (core.telegram.org/api/updates). */
export function ptsOf({ lastId, count }: Feed): number {
  return 1 + lastId + (lastId - count);
}

/** Where the messages' files are, and how their ids differ from those of other channels. */
export interface FeedContext {
  readonly index: number;
  readonly dcId: number;
  readonly seed: SeedChannel;
}

const CREATED = 1;

/** The messages that the seed defines for a channel. */
export function feedOf(context: FeedContext): Feed {
  const { messages } = context.seed;
  return Array.isArray(messages) ? writtenFeed(context, messages) : generatedFeed(context, messages);
}

/**
 * The id of the file in message `messageId` of the channel `index`: close to 2^63, like Telegram's, to reveal code
 * that uses a double.
 */
function fileIdOf(index: number, messageId: number): bigint {
  return (5n << 60n) | (BigInt(index) << 32n) | BigInt(messageId);
}

/** The inverse of `fileIdOf`; null: not the id of a file. */
export function locateFile(fileId: bigint): { readonly index: number; readonly messageId: number } | null {
  if (fileId >> 60n !== 5n) return null;
  return { index: Number((fileId >> 32n) & 0xfffffffn), messageId: Number(fileId & 0xffffffffn) };
}

function writtenFeed(context: FeedContext, posts: readonly SeedPost[]): Feed {
  const { index, dcId, seed } = context;
  return {
    lastId: posts.length + CREATED,
    count: posts.length + CREATED,
    countUntil: (id) => Math.min(id, posts.length + CREATED),
    post(id) {
      if (id === CREATED) return created(seed);
      const post = posts[id - CREATED - 1];
      if (post === undefined) return null;
      const date = post.date ?? seed.created + id * 60;
      if (post.file === undefined) return { id, date, text: post.text, file: null };
      const type = fileType(post.file.type);
      const name = post.file.name ?? `file_${id}.${type.extension}`;
      const file = { id: fileIdOf(index, id), dcId, type, name, size: post.file.size, date };
      return { id, date, text: post.text, file };
    },
  };
}

function generatedFeed({ index, dcId, seed }: FeedContext, described: SeedGenerated): Feed {
  const { count: lastId, files, deleted_every: deletedEvery, deleted: [from, to] = [0, 0] } = described;
  const filesUpTo = (id: number): number => Math.floor((id * files) / lastId);
  const hasFile = (id: number): boolean => id > CREATED && filesUpTo(id) > filesUpTo(id - 1);
  const isDeleted = (id: number): boolean =>
    (id >= from && id <= to) || (deletedEvery !== undefined && id % deletedEvery === 0 && !hasFile(id));
  const exists = (id: number): boolean => id >= CREATED && id <= lastId && !isDeleted(id);
  const countUntil = new Uint32Array(lastId + 1);
  for (let id = CREATED; id <= lastId; id++)
    countUntil[id] = (countUntil[id - 1] ?? 0) + (exists(id) ? 1 : 0);
  const count = countUntil[lastId] ?? 0;
  return {
    lastId,
    count,
    countUntil: (id) => countUntil[id] ?? count,
    post(id) {
      if (!exists(id)) return null;
      if (id === CREATED) return created(seed);
      const date = seed.created + id * described.seconds_between;
      const text = `Message ${id} of ${seed.title}.`;
      if (!hasFile(id)) return { id, date, text, file: null };
      const file = { ...generatedFile(fileIdOf(index, id), filesUpTo(id), described), dcId, date };
      return { id, date, text, file };
    },
  };
}

function generatedFile(id: bigint, number: number, described: SeedGenerated) {
  const { file_types: types, smallest_file: smallest, largest_file: largest } = described;
  const type = fileType(types[number % types.length] ?? 'text');
  const spread = Math.max(largest - smallest, 0) + 1;
  const size = smallest + (sha256(Buffer.from(`size:${id}`)).readUInt32LE() % spread);
  return { id, type, name: `file_${number}.${type.extension}`, size };
}

function created(seed: SeedChannel): Post {
  return { id: CREATED, date: seed.created, text: null, file: null };
}
