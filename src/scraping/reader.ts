import { type RetryBudget, sleep } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import type { KnownChannel } from '../peers/store.js';
import type { OwnedRun, RunOutcome } from '../runs/engine.js';
import type { RunLogEntry } from '../runs/store.js';
import type { Source } from '../sources/store.js';
import type { Channel, ConnectedAccount, Peer } from '../telegram/gateway.js';
import type { MessagesAfter } from '../telegram/message.js';
import type { PageWriter } from './page_writer.js';
import { delayBefore, type RecoveryAction } from './recovery.js';

/** The method to be called: a session that is flooded for others matches. */
export const METHOD = 'messages.getHistory';

/** As many messages as Telegram returns at once. */
export const PAGE = 100;

/** One run under way. */
export interface RunContext {
  readonly run: OwnedRun;
  readonly source: Source;
  readonly writer: PageWriter;
  readonly signal: AbortSignal;
  readonly log: (level: RunLogEntry['level'], message: string) => Promise<void>;
  /** Saves how many messages there are to read in all, where that has changed. */
  readonly saveTotal: (messages: number) => Promise<void>;
  /** Gives the source the title of its channel, unless it has one. */
  readonly fillTitle: (title: string) => Promise<void>;
  /** Sessions that have no access to the channel. */
  readonly deniedSessions: Set<number>;
  /** Whether the source's bot was already tried. */
  botTried: boolean;
  /** Failures in a row that say nothing about the session that reads. */
  readonly retryBudget: RetryBudget;
  /** Stores the new messages, with this client of the reader called `name`. Rejects as `storeNewMessages`. */
  readonly read: (
    account: ReadingAccount,
    peer: KnownChannel,
    signal: AbortSignal,
    name: string,
  ) => Promise<void>;
}

/** Reads the channel of a run: a session, or a bot. */
export interface Reader {
  /** The session or the bot, in the run and its log. */
  readonly name: string;
  /** Aborted with the run, or when the reader is lost. */
  readonly signal: AbortSignal;
  /** Stores the new messages to the last one. `resolveAgain`: whatever it knows of the channel is out of date. */
  read(resolveAgain: boolean): Promise<void>;
  /** Decides what to do after an error of `read`. @throws the error where it is not Telegram's. */
  recover(error: unknown, resolvedAgain: boolean): Promise<RecoveryAction>;
  /** Ends its use by the run. */
  close(): Promise<void>;
}

/** The client that reads messages and files: an account or a bot. Only accounts see the history. */
export type ReadingAccount = Pick<ConnectedAccount, 'messagesAfter' | 'download'> &
  Partial<Pick<ConnectedAccount, 'lastBefore' | 'history'>>;

/**
 * Has one reader read until all is read or another must take over; null: another must. Rejects with the reason of the
 * run's signal once that is aborted.
 */
export async function readToEnd(
  reader: Omit<Reader, 'name' | 'close'>,
  context: Pick<RunContext, 'signal' | 'retryBudget'> & { readonly writer: Pick<PageWriter, 'position'> },
  timers: Timers,
): Promise<RunOutcome | null> {
  let resolveAgain = false;
  let delayMs = 0;
  for (;;) {
    try {
      if (delayMs > 0) await sleep(timers, delayMs, reader.signal);
      await reader.read(resolveAgain);
      return { kind: 'completed' };
    } catch (error) {
      context.signal.throwIfAborted();
      const action = await reader.recover(error, resolveAgain);
      if (action.kind === 'fail') return { kind: 'failed', error: action.message };
      const delay = delayBefore(action, context.retryBudget, context.writer.position);
      if (delay === null) return null;
      delayMs = delay;
      resolveAgain = action.kind === 'resolve';
    }
  }
}

/** Stores the new messages of the channel, as far as the run's form goes. Rejects as calls and `PageWriter.write` do. */
export async function storeNewMessages(
  context: Pick<RunContext, 'run' | 'writer' | 'log' | 'saveTotal' | 'fillTitle'>,
  account: ReadingAccount,
  peer: KnownChannel,
  signal: AbortSignal,
): Promise<void> {
  const { writer, saveTotal } = context;
  await context.fillTitle(peer.title);
  const channel = { ...peer, id: peer.channelId };
  await skipOlder(context, account, peer);
  for await (const page of pagesAfter(account, channel, context)) {
    if (page.total !== null) await saveTotal(writer.messagesRead + page.total);
    await writer.write(account, channel, page, signal);
  }
  await writer.finish(signal);
}

/** Leaves out what is older than the run's form allows, without reading it. */
export async function skipOlder(
  { run: { since }, writer, log }: Pick<RunContext, 'run' | 'writer' | 'log'>,
  account: ReadingAccount,
  peer: KnownChannel,
): Promise<void> {
  if (since === null || since <= 0 || !account.lastBefore) return;
  const before = await account.lastBefore(peerOf(peer), Math.ceil(since / 1000));
  if (before <= writer.position) return;
  writer.skipTo(before);
  await log('info', `skips the messages from before ${new Date(since).toISOString()}, for good`);
}

/**
 * A channel's messages after the writer's position, oldest first, page by page; the next page is requested while one
 * is being stored. Ends where there are no more, or the run's limit is reached. Rejects as calls do.
 */
async function* pagesAfter(
  account: Pick<ReadingAccount, 'messagesAfter'>,
  peer: Peer,
  { run, writer }: Pick<RunContext, 'run' | 'writer'>,
): AsyncGenerator<MessagesAfter> {
  let at = writer.position;
  let left = (run.limit ?? Number.POSITIVE_INFINITY) - writer.messagesRead;
  const request = () => (left > 0 ? account.messagesAfter(peer, at, PAGE) : null);
  for (let next = request(); next !== null; ) {
    const page = admitted(await next, run.since, left);
    if (page.lastId === at) return;
    at = page.lastId;
    left -= page.messages.length;
    next = request();
    // A stop in between does not wait for it.
    next?.catch(() => undefined);
    yield page;
  }
}

/** The part of a page that a run's form admits: nothing from before `since`, and at most `left` (at least 1) messages. */
export function admitted(page: MessagesAfter, since: number | null, left: number): MessagesAfter {
  const recent = page.messages.filter(({ date }) => since === null || date * 1000 >= since);
  const messages = recent.slice(0, left);
  const last = messages.at(-1);
  const isCut = messages.length < recent.length && last !== undefined;
  const total = page.total === null ? null : Math.min(page.total, left);
  return { messages, lastId: isCut ? last.id : page.lastId, total };
}

/** What is kept of a resolved channel. */
export function knownChannelOf({ id: channelId, accessHash, title, username }: Channel): KnownChannel {
  return { channelId, accessHash, title, username };
}

/** What a known channel is addressed by. */
export function peerOf({ channelId, accessHash }: KnownChannel): Peer {
  return { id: channelId, accessHash };
}
