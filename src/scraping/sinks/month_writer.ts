import type { Checkpoint } from '../store.js';
import type { AppendedFile } from './appended_file.js';
import { monthIn } from './month.js';

/** Where the files of months are: on the disk they stay on, or in a working copy of an object. */
export interface Months {
  /** The path of a month's file, relative to the target's root. */
  path(month: string): string;
  /** Makes the file of a month that nothing was recorded of, or empties it. */
  begin(path: string): Promise<AppendedFile>;
  /** Resolves once all that is in the file is there to stay. */
  persist(path: string, file: AppendedFile, signal: AbortSignal): Promise<void>;
  /** Whether it is time to persist, of itself. */
  isDue(): boolean;
  /** What the file's failure is to its target. */
  failure(path: string, error: unknown): unknown;
}

/** A month's file as it was found. */
export interface OpenMonth {
  readonly path: string;
  readonly file: AppendedFile;
  /** What is stored goes beyond the checkpoint, and that has to go from there too. */
  readonly isChanged: boolean;
}

/** Writes messages month by month, and knows how far they may be recorded. */
export class MonthWriter {
  readonly #months: Months;
  #open: OpenMonth | null;
  /** What is there to stay. */
  #durable: Checkpoint;
  #lastMessageId: number;
  #changed: boolean;

  constructor(months: Months, checkpoint: Checkpoint, open: OpenMonth | null) {
    this.#months = months;
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
      await this.#telling(path, () => file.append(lines));
      this.#changed = true;
    }
    this.#lastMessageId = lastMessageId;
  }

  /** As `Sink.commit`. */
  async commit(final: boolean, signal: AbortSignal): Promise<Checkpoint> {
    signal.throwIfAborted();
    if (!this.#changed || final || this.#months.isDue()) await this.#persist(signal);
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
    const path = this.#months.path(month);
    const begun = { path, file: await this.#telling(path, () => this.#months.begin(path)), isChanged: false };
    await this.close();
    this.#open = begun;
    return begun;
  }

  async #persist(signal: AbortSignal): Promise<void> {
    const open = this.#open;
    const lastMessageId = this.#lastMessageId;
    if (open === null) {
      this.#durable = { ...this.#durable, lastMessageId };
      return;
    }
    if (this.#changed) {
      await this.#telling(open.path, () => this.#months.persist(open.path, open.file, signal));
      this.#changed = false;
    }
    // A month that has only been begun is not recorded: nothing was written to it.
    const begun = open.file.bytes > 0 || open.path === this.#durable.monthPath;
    this.#durable = begun
      ? { lastMessageId, monthPath: open.path, monthBytes: open.file.bytes }
      : { ...this.#durable, lastMessageId };
  }

  async #telling<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.#months.failure(path, error);
    }
  }
}
