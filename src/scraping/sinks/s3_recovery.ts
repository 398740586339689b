import { readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { hasCode, writePrivateFile } from '../../kernel/private_files.js';
import type { Checkpoint } from '../../runs/store.js';
import { AppendOnlyFile, type DiskWork, receiveFile, removeMatching } from './durable_files.js';
import { diskFailure, FileTruncated, onDisk, SinkFailed, truncated } from './failures.js';
import {
  directoryOf,
  ensureOwner,
  firstUnrecordedMonth,
  isTemporary,
  isUnrecordedFile,
  isUnrecordedMonth,
  monthIn,
  OWNER_FILE,
  ownerText,
  temporaryName,
} from './layout.js';
import type { OpenMonth } from './month_writer.js';
import type { Bucket, ObjectInfo } from './s3_bucket.js';
import type { StoringSource } from './sink.js';

/**
 * Marks the source's part of the bucket as its own, and removes all that was stored there beyond the checkpoint.
 * Resolves to the month that is being written, truncated to what was recorded; null: there is none yet.
 * @throws SinkFailed where it is another source's, or less is there than was recorded.
 */
export async function recoverPrefix(
  bucket: Bucket,
  source: StoringSource,
  copies: WorkingCopies,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<OpenMonth | null> {
  await claim(bucket, source, signal);
  await removeUnrecorded(bucket, directoryOf(source), checkpoint, signal);
  return openMonth(bucket, copies, checkpoint, signal);
}

async function claim(bucket: Bucket, source: StoringSource, signal: AbortSignal): Promise<void> {
  const directory = directoryOf(source);
  const key = `${directory}/${OWNER_FILE}`;
  const object = await bucket.info(key, signal);
  const found = object === null || object.bytes === 0 ? '' : await textOf(bucket, key, object.bytes, signal);
  ensureOwner(source, directory, found);
  if (found === '') await bucket.put(key, ownerText(source), signal);
}

/** An owner file is short: the beginning of anything longer shows that it is none. */
async function textOf(bucket: Bucket, key: string, bytes: number, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await bucket.read(key, Math.min(bytes, 200), signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Removes what interrupted runs have left: parts of uploads, and all that was never recorded. */
async function removeUnrecorded(
  bucket: Bucket,
  directory: string,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<void> {
  await bucket.abortUploads(`${directory}/`, signal);
  const messages = `${directory}/messages/`;
  for await (const key of bucket.keys(messages, messages, signal)) {
    const isDirect = !key.slice(messages.length).includes('/');
    if (isDirect && isUnrecordedMonth(key, checkpoint)) await bucket.remove(key, signal);
  }
  const files = `${directory}/files/`;
  for await (const key of bucket.keys(files, `${files}${firstUnrecordedMonth(checkpoint)}`, signal)) {
    const [, name = '', ...deeper] = key.slice(files.length).split('/');
    if (deeper.length === 0 && isUnrecordedFile(name, checkpoint)) await bucket.remove(key, signal);
  }
}

async function openMonth(
  bucket: Bucket,
  copies: WorkingCopies,
  { monthPath: key, monthBytes }: Checkpoint,
  signal: AbortSignal,
): Promise<OpenMonth | null> {
  await copies.removeOthers(key);
  if (key === null) return null;
  const object = await bucket.info(key, signal);
  if (object === null) throw new SinkFailed('S3', key, 'messages were stored here, but the object is gone');
  if (object.bytes < monthBytes) throw truncated('S3', key, object.bytes, monthBytes);
  try {
    const file = await copies.open(key, monthBytes, object, signal);
    return { path: key, file, isChanged: object.bytes !== monthBytes };
  } catch (error) {
    if (error instanceof FileTruncated) throw truncated('S3', key, error.bytes, monthBytes);
    throw diskFailure('S3', key, error);
  }
}

const proofSchema = z.object({ key: z.string(), etag: z.string(), bytes: z.number() });

/** The object that a working copy was uploaded as last: its first `bytes` are that object, byte for byte. */
type Proof = z.infer<typeof proofSchema>;

/**
 * Local copies of months, since an object can't be appended to: one at a time, in a directory of the source's own.
 * Every call rejects with the file system's error, or with the bucket's.
 */
export class WorkingCopies {
  readonly #directory: string;
  readonly #bucket: Bucket;
  readonly #newId: () => string;

  constructor(directory: string, bucket: Bucket, newId: () => string) {
    this.#directory = directory;
    this.#bucket = bucket;
    this.#newId = newId;
  }

  /** The path of the object's working copy. */
  path(key: string): string {
    return join(this.#directory, `${monthIn(key) ?? 'month'}.jsonl`);
  }

  /** An empty working copy, for an object that does not exist yet. */
  async create(key: string): Promise<AppendOnlyFile> {
    const file = await AppendOnlyFile.open(this.path(key), 0);
    // Files are being received meanwhile. What is left is removed when the sink is opened next.
    await this.#remove((name) => !isTemporary(name) && !this.#own(key).includes(name)).catch(() => undefined);
    return file;
  }

  /**
   * The working copy, truncated to its first `bytes`. It is fetched again unless the object was made from it: another
   * replica may have continued the object with other lines.
   */
  async open(key: string, bytes: number, object: ObjectInfo, signal: AbortSignal): Promise<AppendOnlyFile> {
    const proof = await this.#proof(key);
    const isSame = proof?.key === key && proof.etag === object.etag && proof.bytes === object.bytes;
    return (isSame ? await this.#openLocal(key, bytes) : null) ?? this.#fetch(key, bytes, signal);
  }

  /** Remembers that the first `bytes` of the working copy are the object with this etag. */
  async prove(key: string, bytes: number, etag: string): Promise<void> {
    const proof: Proof = { key, etag, bytes };
    await writePrivateFile(this.#proofPath(key), JSON.stringify(proof), this.#temporary());
  }

  /** Removes all but this object's working copy; null: all. Nothing may be received meanwhile. */
  async removeOthers(key: string | null): Promise<void> {
    const own = key === null ? [] : this.#own(key);
    await this.#remove((name) => !own.includes(name));
  }

  /** The names of an object's working copy and its proof. */
  #own(key: string): string[] {
    return [this.path(key), this.#proofPath(key)].map((path) => basename(path));
  }

  #remove(matches: (name: string) => boolean): Promise<void> {
    return removeMatching(this.#directory, matches);
  }

  async #openLocal(key: string, bytes: number): Promise<AppendOnlyFile | null> {
    try {
      return await AppendOnlyFile.open(this.path(key), bytes);
    } catch (error) {
      if (error instanceof FileTruncated || hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  async #fetch(key: string, bytes: number, signal: AbortSignal): Promise<AppendOnlyFile> {
    const temporary = this.#temporary();
    const disk: DiskWork = (work) => onDisk('S3', key, work);
    const content = await this.#bucket.read(key, bytes, signal);
    await receiveFile(temporary, content, signal, { once: disk, retried: disk });
    await rename(temporary, this.path(key));
    return AppendOnlyFile.open(this.path(key), bytes);
  }

  async #proof(key: string): Promise<Proof | null> {
    try {
      return proofSchema.parse(JSON.parse(await readFile(this.#proofPath(key), 'utf8')));
    } catch {
      // Without a readable proof the object is fetched, which is always right.
      return null;
    }
  }

  #proofPath(key: string): string {
    return `${this.path(key)}.uploaded`;
  }

  #temporary(): string {
    return join(this.#directory, temporaryName(this.#newId()));
  }
}
