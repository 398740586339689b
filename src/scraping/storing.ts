import type { Clock } from '../clock.js';
import type { Message, MessagesAfter } from '../telegram/message.js';
import type { OwnRun } from './engine.js';
import { type Downloading, FileIntake, type FileWishes } from './file_intake.js';
import { type LineChannel, messageLine } from './message_line.js';
import { RunLost } from './run_lost.js';
import { monthOf } from './sinks/month.js';
import type { Sink } from './sinks/sink.js';
import type { Checkpoint, RunStore, ScrapedFile } from './store.js';

/** Files of one page that are fetched at once. */
const FILES_AT_ONCE = 3;

export interface StoringParts {
  readonly run: OwnRun;
  readonly runs: RunStore;
  readonly sink: Sink;
  readonly wishes: FileWishes;
  readonly clock: Clock;
  /** Called after each page that was recorded. */
  readonly onRecorded: () => void;
}

/** A message that stands in the target and is not recorded yet. */
interface Added {
  readonly messageId: number;
  readonly file: ScrapedFile | null;
}

/** Stores pages of messages, and records what is there to stay: a message and its file wholly, or not at all. */
export class Storing {
  readonly #parts: StoringParts;
  readonly #files: FileIntake;
  #added: Added[] = [];
  #position: number;

  /** `position`: the message that is stored last. */
  constructor(parts: StoringParts, position: number) {
    this.#parts = parts;
    this.#position = position;
    this.#files = new FileIntake(parts);
  }

  /** Up to this id everything stands in the target, recorded or not: where reading goes on. */
  get position(): number {
    return this.#position;
  }

  /** Stores the page that follows the position. @throws SinkFailed, RunLost, the signal's reason, or as calls do. */
  async store(
    account: Downloading,
    channel: LineChannel,
    { messages, lastId }: MessagesAfter,
    signal: AbortSignal,
  ): Promise<void> {
    const { sink } = this.#parts;
    const files = await this.#fetch(account, messages, signal);
    const added = messages.map((message, index) => ({ message, file: files[index] ?? null }));
    for (const [month, part] of byMonth(added)) {
      const lines = part.map(({ message, file }) => messageLine(message, channel, file)).join('');
      const last = part.at(-1)?.message.id ?? lastId;
      await sink.append(Buffer.from(lines), month, last, signal);
      this.#added.push(...part.map(({ message, file }) => ({ messageId: message.id, file })));
      this.#position = last;
    }
    this.#position = lastId;
    await this.#record(await sink.commit(false, signal));
  }

  /** Records what was added last. @throws as `store`. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#record(await this.#parts.sink.commit(true, signal));
  }

  /** The files of a page, in the order of its messages, several at once. */
  async #fetch(
    account: Downloading,
    messages: readonly Message[],
    signal: AbortSignal,
  ): Promise<(ScrapedFile | null)[]> {
    const found: (ScrapedFile | null)[] = messages.map(() => null);
    const wanted = messages.flatMap((message, index) => (message.file ? [{ message, index }] : []));
    const failed = new AbortController();
    const together = AbortSignal.any([signal, failed.signal]);
    const fetchNext = async (): Promise<void> => {
      for (let next = wanted.shift(); next; next = wanted.shift()) {
        found[next.index] = await this.#files.take(account, next.message, together);
      }
    };
    const lanes = Array.from({ length: FILES_AT_ONCE }, () =>
      fetchNext().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    // Nothing of it may go on once this has failed.
    const [first] = (await Promise.allSettled(lanes)).filter((lane) => lane.status === 'rejected');
    if (first) throw failed.signal.reason;
    return found;
  }

  async #record(checkpoint: Checkpoint): Promise<void> {
    const { run, runs, clock, onRecorded } = this.#parts;
    const covered = this.#added.filter(({ messageId }) => messageId <= checkpoint.lastMessageId);
    if (covered.length === 0) return;
    const files = covered.flatMap(({ file }) => file ?? []);
    const progress = {
      messagesRead: covered.length,
      messagesStored: covered.length,
      filesFound: files.length,
      filesDone: files.filter(({ state }) => state !== 'skipped').length,
      filesSkipped: files.filter(({ state }) => state === 'skipped').length,
      bytesDone: files.reduce((sum, { state, sizeBytes }) => sum + (state === 'stored' ? sizeBytes : 0), 0),
    };
    const kept = await runs.store(run.id, run.owner, { checkpoint, files, progress }, clock.now());
    if (!kept) throw new RunLost(run.id);
    this.#files.recorded(files);
    this.#added = this.#added.slice(covered.length);
    onRecorded();
  }
}

/** Messages that follow each other and are of one month. */
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
