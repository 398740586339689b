import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { safeFileName } from '../file_name.js';
import type { Checkpoint } from '../store.js';
import type { Bucket } from './bucket.js';
import { onDisk } from './disk_failures.js';
import { directoryOf } from './disk_place.js';
import { filePath, monthOf } from './month.js';
import { MonthWriter } from './month_writer.js';
import { type OnDisk, receive, temporaryName } from './receiving.js';
import { S3Months } from './s3_months.js';
import { claim, removeLeftovers } from './s3_opening.js';
import type { ArrivedFile, NamedFile, Sink, StoringSource } from './sink.js';
import { WorkingCopies } from './working_copy.js';

/** What a sink in S3 works with. */
export interface S3Parts {
  readonly bucket: Bucket;
  /** Absolute: where working copies and files that arrive are kept meanwhile. */
  readonly workingRoot: string;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Stores in a bucket, by way of files on the machine's own disk. */
export class S3Sink implements Sink {
  readonly #directory: string;
  readonly #working: string;
  readonly #parts: S3Parts;
  readonly #months: MonthWriter;

  private constructor(directory: string, working: string, parts: S3Parts, months: MonthWriter) {
    this.#directory = directory;
    this.#working = working;
    this.#parts = parts;
    this.#months = months;
  }

  /**
   * Opens the source's part of the bucket, and cuts it to what was recorded. Closes the bucket if that fails.
   * @throws SinkFailed
   */
  static async open(
    source: StoringSource,
    checkpoint: Checkpoint,
    parts: S3Parts,
    signal: AbortSignal,
  ): Promise<S3Sink> {
    const { bucket, clock, newId } = parts;
    const directory = directoryOf(source);
    const working = join(parts.workingRoot, `source-${source.id}`);
    try {
      await onDisk('S3', null, () => mkdir(working, { recursive: true }));
      await claim(bucket, source, signal);
      await removeLeftovers(bucket, directory, checkpoint, signal);
      const months = new S3Months(directory, bucket, new WorkingCopies(working, bucket, newId), clock);
      const open = await months.open(checkpoint, signal);
      return new S3Sink(directory, working, parts, new MonthWriter(months, checkpoint, open));
    } catch (error) {
      bucket.close();
      throw error;
    }
  }

  append(lines: Uint8Array, month: string, lastMessageId: number, signal: AbortSignal): Promise<void> {
    return this.#months.append(lines, month, lastMessageId, signal);
  }

  commit(final: boolean, signal: AbortSignal): Promise<Checkpoint> {
    return this.#months.commit(final, signal);
  }

  async store(
    file: NamedFile,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ArrivedFile> {
    const key = filePath(this.#directory, monthOf(file.date), file.messageId, safeFileName(file.name));
    const path = join(this.#working, temporaryName(this.#parts.newId()));
    const disk: OnDisk = (work) => onDisk('S3', key, work);
    const received = await receive(path, content, signal, { once: disk, again: disk });
    const drop = () => onDisk('S3', key, () => rm(path, { force: true }));
    return {
      ...received,
      keep: async (keeping) => {
        await this.#parts.bucket.put(key, { path, bytes: received.sizeBytes }, keeping);
        await drop();
        return key;
      },
      drop,
    };
  }

  async close(): Promise<void> {
    await this.#months.close();
    this.#parts.bucket.close();
  }
}
