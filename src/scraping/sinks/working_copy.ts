import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, writePrivateFile } from '../../kernel/private_files.js';
import { AppendedFile, TooShort } from './appended_file.js';
import type { Bucket, ObjectFacts } from './bucket.js';
import { onDisk } from './disk_failures.js';
import { removeFrom } from './disk_opening.js';
import { monthIn } from './month.js';
import { type OnDisk, receive, temporaryName } from './receiving.js';

const proofSchema = z.object({ key: z.string(), etag: z.string(), bytes: z.number() });

/** What the working copy of a month began with, byte for byte, when it was uploaded last. */
type Proof = z.infer<typeof proofSchema>;

/**
 * The files of months that are added to here, since objects can't be: one at a time, in a directory of the source's
 * own. Every call rejects with the file system's error, or with the bucket's.
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

  /** Where the working copy of the object is. */
  path(key: string): string {
    return join(this.#directory, `${monthIn(key) ?? 'month'}.jsonl`);
  }

  /** An empty one. */
  async begin(key: string): Promise<AppendedFile> {
    const file = await AppendedFile.open(this.path(key), 0);
    // What stays goes with the next opening.
    await this.removeOthers(key).catch(() => undefined);
    return file;
  }

  /**
   * The working copy, cut to its first `bytes`. It is fetched anew unless it is what the object was made from:
   * another replica may have gone on with the object, with other lines.
   */
  async open(key: string, bytes: number, object: ObjectFacts, signal: AbortSignal): Promise<AppendedFile> {
    const proof = await this.#proof(key);
    const isOurs = proof?.key === key && proof.etag === object.etag && proof.bytes === object.bytes;
    return (isOurs ? await this.#found(key, bytes) : null) ?? this.#fetched(key, bytes, signal);
  }

  /** Remembers that the first `bytes` of the working copy are the object with this etag. */
  async prove(key: string, bytes: number, etag: string): Promise<void> {
    const proof: Proof = { key, etag, bytes };
    await writePrivateFile(this.#proofPath(key), JSON.stringify(proof), this.#temporary());
  }

  /** Removes all but this object's working copy; null: all. */
  async removeOthers(key: string | null): Promise<void> {
    const own = key === null ? [] : [this.path(key), this.#proofPath(key)];
    await removeFrom(this.#directory, (name) => !own.includes(join(this.#directory, name)));
  }

  async #found(key: string, bytes: number): Promise<AppendedFile | null> {
    try {
      return await AppendedFile.open(this.path(key), bytes);
    } catch (error) {
      if (error instanceof TooShort || hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  async #fetched(key: string, bytes: number, signal: AbortSignal): Promise<AppendedFile> {
    const temporary = this.#temporary();
    const disk: OnDisk = (work) => onDisk('S3', key, work);
    const content = await this.#bucket.read(key, bytes, signal);
    await receive(temporary, content, signal, { once: disk, again: disk });
    await rename(temporary, this.path(key));
    return AppendedFile.open(this.path(key), bytes);
  }

  async #proof(key: string): Promise<Proof | null> {
    try {
      return proofSchema.parse(JSON.parse(await readFile(this.#proofPath(key), 'utf8')));
    } catch {
      // Without a proof that can be read, the object is fetched: that is never wrong.
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
