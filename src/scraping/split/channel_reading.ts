import type { KnownChannel } from '../../peers/store.js';
import { peerOf, type ReadingAccount, type RunContext, skipOlder, storeNewMessages } from '../reader.js';
import { type ExtraReaderParts, ExtraReaders } from './extra_readers.js';
import { isWorthSplitting, maxReaders, rangeSize } from './rules.js';
import { SavedReaders, type SavedReadersParts } from './saved_readers.js';
import { SplitHistory } from './split_history.js';

export type ChannelReadingParts = ExtraReaderParts & SavedReadersParts;

/** Why readers stop that have nothing more to do. */
class ReadingOver extends Error {
  override readonly name = 'ReadingOver';
}

/** A history that is being read by several sessions. */
interface Split {
  readonly history: SplitHistory;
  readonly extras: ExtraReaders;
  readonly over: AbortController;
  /** Resolves when nothing of it goes on. */
  readonly ended: Promise<unknown>;
}

/**
 * Reads a channel for one execution of a run: with the run's own reader, and beside it with more sessions, where that is
 * allowed and there is much to read. What is stored is the same.
 */
export class ChannelReading {
  readonly #context: RunContext;
  readonly #parts: ChannelReadingParts;
  #split: Split | null = null;
  /** The run's own reader; null: it has none at present. */
  #own: string | null = null;
  readonly #saved: SavedReaders;

  constructor(context: Omit<RunContext, 'read'>, parts: ChannelReadingParts) {
    this.#context = { ...context, read: (...using) => this.read(...using) };
    this.#parts = parts;
    this.#saved = new SavedReaders(context.run, context.log, parts);
  }

  /** The run under way; its readers read by this. */
  get context(): RunContext {
    return this.#context;
  }

  /** As `RunContext.read`, for the run's own reader. */
  async read(account: ReadingAccount, peer: KnownChannel, signal: AbortSignal, name: string): Promise<void> {
    this.#own = name;
    if (account.history === undefined) await this.close();
    else this.#split ??= await this.#begun(account, peer);
    if (this.#split !== null) {
      const { history, over } = this.#split;
      const own = { isExtra: false, isLeaving: false, pages: 0 };
      await history.read(own, account, peer, AbortSignal.any([signal, over.signal]));
      await this.close();
    }
    await storeNewMessages(this.#context, account, peer, signal);
  }

  /** The run's own reader is gone: resolves when no other reads for it. @throws what ended the reading. */
  async waitForOthers(): Promise<void> {
    const own = this.#own;
    this.#own = null;
    if (this.#split === null) return;
    const { extras, over } = this.#split;
    if (extras.names.length > 0) await this.#tell(`${own} reads no longer`, extras.names);
    await extras.ended();
    over.signal.throwIfAborted();
  }

  /** Ends all of it: what was read and is not stored is left out. Never rejects. */
  async close(): Promise<void> {
    const split = this.#split;
    this.#split = null;
    split?.over.abort(new ReadingOver('there is nothing more to read for it'));
    await split?.ended;
  }

  /** Null: one session reads it. */
  async #begun(account: ReadingAccount, channel: KnownChannel): Promise<Split | null> {
    const { run, writer, log } = this.#context;
    const { sessionsPerRun } = this.#parts.limits;
    // Each member of a basic group counts its messages by itself.
    if (maxReaders(sessionsPerRun) === 1 || channel.accessHash === null) return null;
    await skipOlder(this.#context, account, channel);
    const [newest] = (await account.history?.(peerOf(channel), { minId: 0, offsetId: 0, limit: 1 })) ?? [];
    const whole = { after: writer.position, upTo: newest?.id ?? 0 };
    const ids = whole.upTo - whole.after;
    if (!isWorthSplitting(ids, run, writer.messagesRead)) return null;
    await log('info', `up to ${maxReaders(sessionsPerRun)} sessions read messages up to ${whole.upTo}`);
    return this.#begin(new SplitHistory(this.#context, channel, whole, rangeSize(ids, sessionsPerRun)));
  }

  #begin(history: SplitHistory): Split {
    const over = new AbortController();
    const extras = new ExtraReaders(this.#context, history, this.#parts, {
      over,
      hasOwnReader: () => this.#own !== null,
      onChanged: (what) => this.#tell(what, extras.names),
    });
    const storing = history
      .store(AbortSignal.any([this.#context.signal, over.signal]))
      .catch((error: unknown) => over.abort(error));
    const ended = Promise.all([storing, extras.run()]).then(() => extras.ended());
    return { history, extras, over, ended };
  }

  /** Says who reads. Never rejects. */
  #tell(what: string, extras: readonly string[]): Promise<void> {
    return this.#saved.save(what, [...(this.#own === null ? [] : [this.#own]), ...extras]);
  }
}
