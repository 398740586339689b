import type { Clock } from '../../clock.js';
import type { Checkpoint } from '../store.js';
import { type AppendedFile, TooShort } from './appended_file.js';
import type { Bucket } from './bucket.js';
import { diskFailure } from './disk_failures.js';
import { monthPath } from './month.js';
import type { Months, OpenMonth } from './month_writer.js';
import { cutShort, SinkFailed } from './sink_failed.js';
import { isUploadDue } from './upload_stride.js';
import type { WorkingCopies } from './working_copy.js';

/** Months as objects, each uploaded whole from its working copy. */
export class S3Months implements Months {
  readonly #directory: string;
  readonly #bucket: Bucket;
  readonly #copies: WorkingCopies;
  readonly #clock: Clock;
  #uploadedAt: number;
  #tookMs = 0;

  constructor(directory: string, bucket: Bucket, copies: WorkingCopies, clock: Clock) {
    this.#directory = directory;
    this.#bucket = bucket;
    this.#copies = copies;
    this.#clock = clock;
    this.#uploadedAt = clock.now();
  }

  path(month: string): string {
    return monthPath(this.#directory, month);
  }

  begin(path: string): Promise<AppendedFile> {
    return this.#copies.begin(path);
  }

  async persist(path: string, file: AppendedFile, signal: AbortSignal): Promise<void> {
    // What the proof will say of the working copy has to be so after a power cut.
    await file.sync();
    const startedAt = this.#clock.now();
    const content = { path: this.#copies.path(path), bytes: file.bytes };
    const etag = await this.#bucket.put(path, content, signal);
    await this.#copies.prove(path, file.bytes, etag);
    this.#uploadedAt = this.#clock.now();
    this.#tookMs = this.#uploadedAt - startedAt;
  }

  isDue(): boolean {
    return isUploadDue(this.#clock.now() - this.#uploadedAt, this.#tookMs);
  }

  failure(path: string, error: unknown): unknown {
    return diskFailure('S3', path, error);
  }

  /**
   * The month that is being written, cut to what was recorded; null: there is none yet.
   * @throws SinkFailed where less is there than was recorded.
   */
  async open({ monthPath: key, monthBytes }: Checkpoint, signal: AbortSignal): Promise<OpenMonth | null> {
    await this.#copies.removeOthers(key);
    if (key === null) return null;
    const object = await this.#bucket.facts(key, signal);
    if (object === null) throw new SinkFailed('S3', key, 'messages were stored here, and the object is gone');
    if (object.bytes < monthBytes) throw cutShort('S3', key, object.bytes, monthBytes);
    try {
      const file = await this.#copies.open(key, monthBytes, object, signal);
      return { path: key, file, isChanged: object.bytes !== monthBytes };
    } catch (error) {
      if (error instanceof TooShort) throw cutShort('S3', key, error.bytes, monthBytes);
      throw diskFailure('S3', key, error);
    }
  }
}
