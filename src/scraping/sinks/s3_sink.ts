import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.js';
import type { Checkpoint } from '../../runs/store.js';
import { safeFileName } from '../file_names.js';
import { type AppendOnlyFile, type DiskWork, receiveFile } from './durable_files.js';
import { diskFailure, onDisk } from './failures.js';
import { directoryOf, filePath, monthOf, monthPath, temporaryName } from './layout.js';
import { type MonthFiles, MonthWriter } from './month_writer.js';
import type { Bucket } from './s3_bucket.js';
import { recoverPrefix, WorkingCopies } from './s3_recovery.js';
import type { NamedFile, ReceivedFile, Sink, StoringSource } from './sink.js';

/** What a sink in S3 works with. */
export interface S3Parts {
  readonly bucket: Bucket;
  /** Absolute: where working copies are kept, and files while they are received. */
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
   * Opens the source's part of the bucket, and removes all that was stored there beyond the checkpoint. Closes the
   * bucket if that fails.
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
      const copies = new WorkingCopies(working, bucket, newId);
      const months = new UploadedMonths(directory, bucket, copies, clock);
      const open = await recoverPrefix(bucket, source, copies, checkpoint, signal);
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
  ): Promise<ReceivedFile> {
    const key = filePath(this.#directory, monthOf(file.date), file.messageId, safeFileName(file.name));
    const path = join(this.#working, temporaryName(this.#parts.newId()));
    const disk: DiskWork = (work) => onDisk('S3', key, work);
    const received = await receiveFile(path, content, signal, { once: disk, retried: disk });
    const drop = () => disk(() => rm(path, { force: true }));
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

/** Months as objects, each uploaded whole from its working copy. */
class UploadedMonths implements MonthFiles {
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

  create(path: string): Promise<AppendOnlyFile> {
    return this.#copies.create(path);
  }

  async persist(path: string, file: AppendOnlyFile, signal: AbortSignal): Promise<void> {
    // What the proof says of the working copy must still hold after a power cut.
    await file.sync();
    const startedAt = this.#clock.now();
    const content = { path: this.#copies.path(path), bytes: file.bytes };
    const etag = await this.#bucket.put(path, content, signal);
    await this.#copies.prove(path, file.bytes, etag);
    this.#uploadedAt = this.#clock.now();
    this.#tookMs = this.#uploadedAt - startedAt;
  }

  isPersistDue(): boolean {
    return this.#clock.now() - this.#uploadedAt >= uploadThrottle(this.#tookMs);
  }

  failure(path: string, error: unknown): unknown {
    return diskFailure('S3', path, error);
  }
}

/** An object can only be written whole, so that appending to a month costs as much as the month: it must not be often. */
const MIN_INTERVAL_MS = 1_000;
const MAX_INTERVAL_MS = 300_000;
/** Uploading takes at most one part in so many of a run's time. */
const UPLOAD_SHARE = 10;

/**
 * How long to wait after an upload that took `tookMs` before the next, in milliseconds: a second for small months,
 * five minutes at most for large ones.
 */
export function uploadThrottle(tookMs: number): number {
  return Math.min(Math.max(tookMs * UPLOAD_SHARE, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
}
