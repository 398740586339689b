import { unlessAborted } from '../../kernel/unless_aborted.js';
import type { KnownChannel } from '../../peers/store.js';
import type { MessagesAfter } from '../../telegram/message.js';
import { admitted, PAGE, peerOf, type ReadingAccount, type RunContext } from '../reader.js';
import { ChangeSignal } from './change_signal.js';
import { type IdRange, Ranges } from './ranges.js';
import { type PageSize, pageSize, ReadAhead } from './read_ahead.js';
import { READ_AHEAD } from './rules.js';

/** One of those who read a history. */
export interface HistoryReader {
  /** Reads beside the run's own session: it ends when there is nothing left for it. */
  readonly isExtra: boolean;
  /** It is to end after the page that it reads. */
  readonly isLeaving: boolean;
  /** How many pages it has read. */
  pages: number;
}

export type SplitContext = Pick<RunContext, 'run' | 'writer' | 'saveTotal'>;

/**
 * A history that several sessions read at once, and that is stored in order: ranges of it are handed to readers, oldest
 * first, and what was read ahead waits for its turn. Whoever stops, for whatever reason, leaves the rest of its range to
 * others. Nothing of all this is durable: a run that is killed continues from its checkpoint.
 */
export class SplitHistory {
  /** Told whenever a reader should look again. */
  readonly changed = new ChangeSignal();
  readonly #context: SplitContext;
  readonly #channel: KnownChannel;
  readonly #whole: IdRange;
  readonly #ranges: Ranges;
  readonly #ahead: ReadAhead;
  #readers = 0;
  #isStored = false;

  /** `channel`: as it is named in what is stored, whoever reads. */
  constructor(context: SplitContext, channel: KnownChannel, whole: IdRange, rangeSize: number) {
    this.#context = context;
    this.#channel = channel;
    this.#whole = whole;
    this.#ranges = new Ranges(whole, rangeSize);
    this.#ahead = new ReadAhead(whole.after, READ_AHEAD, this.changed);
  }

  get channelId(): string {
    return this.#channel.channelId;
  }

  /** Whether all of it is stored, or as much as the run's form allows. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** How many read it now. */
  get readers(): number {
    return this.#readers;
  }

  /** How many ranges nobody reads yet. */
  get rangesLeft(): number {
    return this.#ranges.count;
  }

  /** What was read ahead, or is about to be. */
  get held(): PageSize {
    return this.#ahead.held;
  }

  /** Stores what readers read, in order, until all is stored. @throws as `PageWriter.store`, or the signal's reason. */
  async store(signal: AbortSignal): Promise<void> {
    const { run, writer, saveTotal } = this.#context;
    const channel = { ...this.#channel, id: this.#channel.channelId };
    while (this.#ahead.next < this.#whole.upTo) {
      const left = (run.limit ?? Number.POSITIVE_INFINITY) - writer.messagesRead;
      if (left <= 0) break;
      const read = this.#ahead.peek();
      if (read === null) {
        await this.changed.next(signal);
        continue;
      }
      const page = admitted(read.page, null, left);
      if (page.total !== null) await saveTotal(writer.messagesRead + page.total);
      await writer.store(channel, page, read.files.slice(0, page.messages.length), signal);
      this.#ahead.passed(read);
    }
    this.#isStored = true;
    this.changed.tell();
  }

  /**
   * Reads range after range with this account. Ends once all is stored, when the reader is to leave, or, if it is an extra
   * one and others read, when there is nothing left to read. Rejects as calls do, with SinkFailed, or with the signal's reason.
   */
  async read(
    reader: HistoryReader,
    account: ReadingAccount,
    peer: KnownChannel,
    signal: AbortSignal,
  ): Promise<void> {
    this.#readers += 1;
    try {
      while (!this.#isStored && !reader.isLeaving) {
        signal.throwIfAborted();
        const range = this.#ranges.take();
        if (range !== null) await this.#readRange(range, reader, { account, peer, signal });
        else if (reader.isExtra && this.#readers > 1) return;
        else await this.changed.next(signal);
      }
    } finally {
      this.#readers -= 1;
      this.changed.tell();
    }
  }

  async #readRange(range: IdRange, reader: HistoryReader, using: Using): Promise<void> {
    const request = (after: number) => (after < range.upTo ? messagesAfter(after, using) : null);
    let { after } = range;
    try {
      for (let next = request(after); next !== null && !reader.isLeaving; reader.pages += 1) {
        const page = this.#within(await next, after, range);
        if (!(await this.#admit(after, page, reader, using.signal))) return;
        next = request(page.lastId);
        // A stop in between does not wait for it.
        next?.catch(() => undefined);
        await this.#fetch(after, page, using);
        after = page.lastId;
      }
    } finally {
      this.#ranges.giveBack({ after, upTo: range.upTo });
      this.changed.tell();
    }
  }

  /** The part of a page that is within the range: its last id is the range's where nothing of that is left. */
  #within(page: MessagesAfter, after: number, { upTo }: IdRange): MessagesAfter {
    const { messages, lastId, total } = admitted(page, this.#context.run.since, Number.POSITIVE_INFINITY);
    const isLast = lastId >= upTo || lastId === after;
    return { messages: messages.filter(({ id }) => id <= upTo), lastId: isLast ? upTo : lastId, total };
  }

  /**
   * Waits until the page fits into what is read ahead. False: the reader must let go of its range, since it is to leave,
   * or since nobody reads the page that all others wait for.
   */
  async #admit(
    after: number,
    { messages }: MessagesAfter,
    reader: HistoryReader,
    signal: AbortSignal,
  ): Promise<boolean> {
    const size = pageSize(messages, this.#context.writer.files.bytesOf(messages));
    while (!this.#ahead.admit(after, size)) {
      if (reader.isLeaving || this.#ranges.first === this.#ahead.next) return false;
      await this.changed.next(signal);
    }
    return true;
  }

  async #fetch(after: number, page: MessagesAfter, { account, signal }: Using): Promise<void> {
    const fetching = this.#context.writer.files.fetch(account, page.messages, signal);
    try {
      this.#ahead.put(after, { page, files: await Promise.all(fetching.files) });
    } catch (error) {
      await Promise.allSettled(fetching.files);
      this.#ahead.withdraw(after);
      throw error;
    }
  }
}

/** What a reader reads with. */
interface Using {
  readonly account: ReadingAccount;
  readonly peer: KnownChannel;
  readonly signal: AbortSignal;
}

function messagesAfter(after: number, { account, peer, signal }: Using): Promise<MessagesAfter> {
  return unlessAborted(signal, account.messagesAfter(peerOf(peer), after, PAGE));
}
