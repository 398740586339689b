import type { Checkpoint } from '../../runs/store.js';
import type { AppendOnlyFile } from './durable_files.js';
import { monthIn } from './layout.js';

/** The files of months: on the disk where they stay, or working copies of objects. */
export interface MonthFiles {
  /** The path of a month's file, relative to the target's root. */
  path(month: string): string;
  /** Creates the file of a month of which nothing was recorded, or empties it. */
  create(path: string): Promise<AppendOnlyFile>;
  /** Resolves once all that is in the file is durable. */
  persist(path: string, file: AppendOnlyFile, signal: AbortSignal): Promise<void>;
  /** Whether it is time to persist even without a request. */
  isPersistDue(): boolean;
  /** The file's error as the target's failure. */
  failure(path: string, error: unknown): unknown;
}

/** The file of the month that is being written. */
export interface OpenMonth {
  readonly path: string;
  readonly file: AppendOnlyFile;
  /** The target holds more than the file: it must be persisted again. */
  readonly isChanged: boolean;
}

/** Writes messages month by month, and knows up to where they are durable. */
export class MonthWriter {
  readonly #files: MonthFiles;
  #open: OpenMonth | null;
  /** Up to here everything is durable. */
  #durable: Checkpoint;
  #lastMessageId: number;
  #changed: boolean;

  constructor(files: MonthFiles, checkpoint: Checkpoint, open: OpenMonth | null) {
    this.#files = files;
    this.#open = open;
    this.#durable = checkpoint;
    this.#lastMessageId = checkpoint.lastMessageId;
    this.#changed = open?.isChanged ?? false;
  }

  /** As `Sink.append`. */
  async append(lines: Uint8Array, month: string, lastMessageId: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (lines.byteLength > 0) {
      const { path, file } = await this.#opened(month, signal);
      await this.#translateErrors(path, () => file.append(lines));
      this.#changed = true;
    }
    this.#lastMessageId = lastMessageId;
  }

  /** As `Sink.commit`. */
  async commit(final: boolean, signal: AbortSignal): Promise<Checkpoint> {
    signal.throwIfAborted();
    if (!this.#changed || final || this.#files.isPersistDue()) await this.#persist(signal);
    return this.#durable;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.file.close();
  }

  async #opened(month: string, signal: AbortSignal): Promise<OpenMonth> {
    if (this.#open !== null && month <= (monthIn(this.#open.path) ?? month)) return this.#open;
    await this.#persist(signal);
    const path = this.#files.path(month);
    const file = await this.#translateErrors(path, () => this.#files.create(path));
    await this.close();
    this.#open = { path, file, isChanged: false };
    return this.#open;
  }

  async #persist(signal: AbortSignal): Promise<void> {
    const open = this.#open;
    const lastMessageId = this.#lastMessageId;
    if (open === null) {
      this.#durable = { ...this.#durable, lastMessageId };
      return;
    }
    if (this.#changed) {
      await this.#translateErrors(open.path, () => this.#files.persist(open.path, open.file, signal));
      this.#changed = false;
    }
    // A new month is not recorded before anything was written to it.
    const isRecordable = open.file.bytes > 0 || open.path === this.#durable.monthPath;
    this.#durable = isRecordable
      ? { lastMessageId, monthPath: open.path, monthBytes: open.file.bytes }
      : { ...this.#durable, lastMessageId };
  }

  async #translateErrors<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.#files.failure(path, error);
    }
  }
}
