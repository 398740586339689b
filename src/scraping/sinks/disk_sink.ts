import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exponentialDelays, RetryBudget, withRetry } from '../../kernel/retry.js';
import type { Timers } from '../../kernel/timers.js';
import type { Checkpoint } from '../../runs/store.js';
import { safeFileName } from '../file_names.js';
import { type DiskDirectory, recoverDirectory } from './disk_recovery.js';
import {
  AppendOnlyFile,
  type DiskWork,
  makeDirectories,
  receiveFile,
  syncDirectory,
} from './durable_files.js';
import { diskFailure, onDisk, SinkFailed } from './failures.js';
import { filePath, monthOf, monthPath, temporaryName } from './layout.js';
import { type MonthFiles, MonthWriter } from './month_writer.js';
import type { NamedFile, ReceivedFile, Sink, StoringSource } from './sink.js';

/** How long to wait after each transient failure of a disk. */
const RETRY_DELAYS_MS = exponentialDelays(4, 100);

/** What a sink on a disk works with. */
export interface DiskParts {
  readonly timers: Timers;
  /** Never the same twice, and fit for a file's name. */
  readonly newId: () => string;
}

/** Stores in a directory of the machine's, or of a NAS that is mounted there. */
export class DiskSink implements Sink {
  readonly #place: DiskDirectory;
  readonly #months: MonthWriter;
  readonly #parts: DiskParts;

  private constructor(place: DiskDirectory, months: MonthWriter, parts: DiskParts) {
    this.#place = place;
    this.#months = months;
    this.#parts = parts;
  }

  /**
   * Opens the source's directory below `root`, and removes all that was stored there beyond the checkpoint.
   * @throws SinkFailed
   */
  static async open(
    target: 'LOCAL' | 'NAS',
    root: string,
    source: StoringSource,
    checkpoint: Checkpoint,
    parts: DiskParts,
  ): Promise<DiskSink> {
    const { place, month } = await recoverDirectory(target, root, source, checkpoint);
    return new DiskSink(place, new MonthWriter(monthFilesIn(place), checkpoint, month), parts);
  }

  append(lines: Uint8Array, month: string, lastMessageId: number, signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#months.append(lines, month, lastMessageId, signal));
  }

  commit(final: boolean, signal: AbortSignal): Promise<Checkpoint> {
    return this.#months.commit(final, signal);
  }

  async store(
    file: NamedFile,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ReceivedFile> {
    const { target, root, directory } = this.#place;
    const path = filePath(directory, monthOf(file.date), file.messageId, safeFileName(file.name));
    const temporary = join(root, directory, temporaryName(this.#parts.newId()));
    const once: DiskWork = (work) => onDisk(target, path, work);
    const retried: DiskWork = (work) => this.#retry(signal, () => once(work));
    const received = await receiveFile(temporary, content, signal, { once, retried });
    const move = untilDone(() => this.#move(temporary, path));
    return {
      ...received,
      keep: (keeping) => this.#retry(keeping, () => once(() => this.#keep(move, path, keeping))),
      drop: () => once(() => rm(temporary, { force: true })),
    };
  }

  close(): Promise<void> {
    return this.#months.close();
  }

  async #keep(move: () => Promise<void>, path: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    await move();
    await syncDirectory(dirname(join(this.#place.root, path)));
    return path;
  }

  async #move(temporary: string, path: string): Promise<void> {
    const { root, directory } = this.#place;
    // From the source's directory on: if that is gone, so is the disk, and it must not be created again.
    await makeDirectories(join(root, directory), dirname(path).slice(directory.length + 1));
    await rename(temporary, join(root, path));
  }

  /** Runs work that may be repeated, again after each transient failure. */
  #retry<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const budget = new RetryBudget(RETRY_DELAYS_MS);
    const delayAfter = (error: unknown) =>
      error instanceof SinkFailed && error.retryable ? budget.delayAfterFailure() : null;
    return withRetry(work, { delayAfter, timers: this.#parts.timers, signal });
  }
}

function monthFilesIn({ target, root, directory }: DiskDirectory): MonthFiles {
  return {
    path: (month) => monthPath(directory, month),
    async create(path) {
      const file = await AppendOnlyFile.open(join(root, path), 0);
      try {
        await syncDirectory(dirname(join(root, path)));
        return file;
      } catch (error) {
        await file.close();
        throw error;
      }
    },
    persist: (_path, file) => file.sync(),
    isPersistDue: () => true,
    failure: (path, error) => diskFailure(target, path, error),
  };
}

/** Does the work again only where it has failed. */
function untilDone(work: () => Promise<void>): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (!isDone) await work();
    isDone = true;
  };
}
