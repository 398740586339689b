import type { Clock } from '../kernel/clock.js';
import { type OwnedRun, RunLost } from '../runs/engine.js';
import type { Checkpoint, RunProgress, ScrapedFile } from '../runs/store.js';
import type { Message, MessagesAfter } from '../telegram/message.js';
import {
  type DownloadingAccount,
  type FetchedFiles,
  FileDownloads,
  type FileFilter,
} from './file_downloads.js';
import { type LineChannel, messageLine } from './message_line.js';
import type { RunRecords } from './service_ports.js';
import { monthOf } from './sinks/layout.js';
import type { Sink } from './sinks/sink.js';

export interface PageWriterParts {
  readonly run: OwnedRun;
  readonly runs: RunRecords;
  readonly sink: Sink;
  readonly filter: FileFilter;
  readonly clock: Clock;
  /** Called after each page that was recorded. */
  readonly onRecorded: () => void;
}

/** A message that is in the target and not recorded yet. */
interface UnrecordedMessage {
  readonly messageId: number;
  readonly file: ScrapedFile | null;
}

/** Stores pages of messages, and records what is durable: a message and its file together, or not at all. */
export class PageWriter {
  readonly #parts: PageWriterParts;
  readonly #files: FileDownloads;
  #unrecorded: UnrecordedMessage[] = [];
  #position: number;
  #messagesRead: number;

  /** `position`: the message that is stored last; `messagesRead`: how many the run has stored before. */
  constructor(parts: PageWriterParts, position: number, messagesRead: number) {
    this.#parts = parts;
    this.#position = position;
    this.#messagesRead = messagesRead;
    this.#files = new FileDownloads(parts);
  }

  /** Up to this id everything is in the target, recorded or not: reading continues here. */
  get position(): number {
    return this.#position;
  }

  /** How many messages of the run are in the target, recorded or not. */
  get messagesRead(): number {
    return this.#messagesRead;
  }

  /** Leaves out what is before this id. That is recorded together with the next message that is stored. */
  skipTo(id: number): void {
    this.#position = Math.max(this.#position, id);
  }

  /** The files that were downloaded for this writer, and are not in their places yet. */
  get files(): FileDownloads {
    return this.#files;
  }

  /**
   * Downloads the files of the page that follows the position, and stores it. Nothing of it goes on once this has settled.
   * @throws SinkFailed, RunLost, the signal's reason, or as calls do.
   */
  async write(
    account: DownloadingAccount,
    channel: LineChannel,
    page: MessagesAfter,
    signal: AbortSignal,
  ): Promise<void> {
    const fetching = this.#files.fetch(account, page.messages, signal);
    try {
      await this.store(channel, page, fetching.files, signal);
    } catch (error) {
      fetching.stop(error);
      throw error;
    } finally {
      await Promise.allSettled(fetching.files);
    }
  }

  /** Stores the page that follows the position, with files that were downloaded for it. @throws as `write`. */
  async store(
    channel: LineChannel,
    { messages, lastId }: MessagesAfter,
    fetched: FetchedFiles,
    signal: AbortSignal,
  ): Promise<void> {
    const { sink } = this.#parts;
    const files = await this.#files.place(fetched, signal);
    const stored = messages.map((message, index) => ({ message, file: files[index] ?? null }));
    for (const [month, part] of byMonth(stored)) {
      const lines = part.map(({ message, file }) => messageLine(message, channel, file)).join('');
      const last = part.at(-1)?.message.id ?? lastId;
      await sink.append(Buffer.from(lines), month, last, signal);
      this.#unrecorded.push(...part.map(({ message, file }) => ({ messageId: message.id, file })));
      this.#position = last;
      this.#messagesRead += part.length;
    }
    this.#position = lastId;
    await this.#record(await sink.commit(false, signal));
  }

  /** Records all that was written. @throws as `write`. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#record(await this.#parts.sink.commit(true, signal));
  }

  async #record(checkpoint: Checkpoint): Promise<void> {
    const { run, runs, clock, onRecorded } = this.#parts;
    const covered = this.#unrecorded.filter(({ messageId }) => messageId <= checkpoint.lastMessageId);
    if (covered.length === 0) return;
    const files = covered.flatMap(({ file }) => file ?? []);
    const batch = { checkpoint, files, progress: progressOf(covered.length, files) };
    const kept = await runs.store(run.id, run.owner, batch, clock.now());
    if (!kept) throw new RunLost(run.id);
    this.#files.recorded(files);
    this.#unrecorded = this.#unrecorded.slice(covered.length);
    onRecorded();
  }
}

/** What so many messages with these files add to the progress of their run. */
function progressOf(messages: number, files: readonly ScrapedFile[]): RunProgress {
  const skipped = files.filter(({ state }) => state === 'skipped').length;
  return {
    messagesRead: messages,
    messagesStored: messages,
    filesFound: files.length,
    filesDone: files.length - skipped,
    filesSkipped: skipped,
    bytesDone: files.reduce((sum, { state, sizeBytes }) => sum + (state === 'stored' ? sizeBytes : 0), 0),
  };
}

/** Successive messages of one month, together. */
function byMonth<Item extends { readonly message: Message }>(items: readonly Item[]): [string, Item[]][] {
  const months: [string, Item[]][] = [];
  for (const item of items) {
    const month = monthOf(item.message.date);
    const last = months.at(-1);
    if (last?.[0] === month) last[1].push(item);
    else months.push([month, [item]]);
  }
  return months;
}
