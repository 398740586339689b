import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Timers } from '../../timers.js';
import { safeFileName } from '../file_name.js';
import type { Checkpoint } from '../store.js';
import { AppendedFile } from './appended_file.js';
import { makeBelow, syncNames } from './directories.js';
import { diskFailure, onDisk } from './disk_failures.js';
import { claim, openMonth, removeLeftovers } from './disk_opening.js';
import { type DiskPlace, openDiskPlace } from './disk_place.js';
import { filePath, monthOf, monthPath } from './month.js';
import { type Months, MonthWriter } from './month_writer.js';
import { patiently } from './patience.js';
import { type OnDisk, receive, temporaryName } from './receiving.js';
import type { ArrivedFile, NamedFile, Sink, StoringSource } from './sink.js';

/** What a sink on a disk works with. */
export interface DiskParts {
  readonly timers: Timers;
  /** Never the same twice, and fit for a file's name. */
  readonly newId: () => string;
}

/** Stores in a directory of the machine's, or of a NAS that is mounted there. */
export class DiskSink implements Sink {
  readonly #place: DiskPlace;
  readonly #months: MonthWriter;
  readonly #parts: DiskParts;

  private constructor(place: DiskPlace, months: MonthWriter, parts: DiskParts) {
    this.#place = place;
    this.#months = months;
    this.#parts = parts;
  }

  /**
   * Opens the source's directory below `root`, and cuts it to what was recorded.
   * @throws SinkFailed
   */
  static async open(
    target: 'LOCAL' | 'NAS',
    root: string,
    source: StoringSource,
    checkpoint: Checkpoint,
    parts: DiskParts,
  ): Promise<DiskSink> {
    const place = await openDiskPlace(target, root, source, checkpoint);
    await claim(place, source);
    await removeLeftovers(place, checkpoint);
    const open = await openMonth(place, checkpoint);
    return new DiskSink(place, new MonthWriter(monthsOf(place), checkpoint, open), parts);
  }

  append(lines: Uint8Array, month: string, lastMessageId: number, signal: AbortSignal): Promise<void> {
    const append = () => this.#months.append(lines, month, lastMessageId, signal);
    return patiently(this.#parts.timers, signal, append);
  }

  commit(final: boolean, signal: AbortSignal): Promise<Checkpoint> {
    return this.#months.commit(final, signal);
  }

  async store(
    file: NamedFile,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ArrivedFile> {
    const { target, root, directory } = this.#place;
    const { newId, timers } = this.#parts;
    const month = monthOf(file.date);
    const path = filePath(directory, month, file.messageId, safeFileName(file.name));
    const temporary = join(root, directory, temporaryName(newId()));
    const once: OnDisk = (work) => onDisk(target, path, work);
    const again: OnDisk = (work) => patiently(timers, signal, () => once(work));
    const received = await receive(temporary, content, signal, { once, again });
    const move = untilDone(() => this.#move(temporary, path));
    return {
      ...received,
      keep: (keeping) => patiently(timers, keeping, () => once(() => this.#keep(move, path, keeping))),
      drop: () => onDisk(target, path, () => rm(temporary, { force: true })),
    };
  }

  close(): Promise<void> {
    return this.#months.close();
  }

  async #keep(move: () => Promise<void>, path: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    await move();
    await syncNames(dirname(join(this.#place.root, path)));
    return path;
  }

  async #move(temporary: string, path: string): Promise<void> {
    const { root, directory } = this.#place;
    // From the source's directory on: if that is gone, so is the disk, and it is not made anew.
    await makeBelow(join(root, directory), dirname(path).slice(directory.length + 1));
    await rename(temporary, join(root, path));
  }
}

function monthsOf({ target, root, directory }: DiskPlace): Months {
  return {
    path: (month) => monthPath(directory, month),
    async begin(path) {
      const file = await AppendedFile.open(join(root, path), 0);
      try {
        await syncNames(dirname(join(root, path)));
        return file;
      } catch (error) {
        await file.close();
        throw error;
      }
    },
    persist: (_path, file) => file.sync(),
    isDue: () => true,
    failure: (path, error) => diskFailure(target, path, error),
  };
}

/** Does it again only where it has failed. */
function untilDone(work: () => Promise<void>): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (!isDone) await work();
    isDone = true;
  };
}
