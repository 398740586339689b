import type { RetryBudget } from '../kernel/retry.js';
import type { OwnedRun } from '../runs/engine.js';
import type { KnownPeer, RunLogEntry } from '../runs/store.js';
import type { Source } from '../sources/store.js';
import type { Channel, ConnectedAccount, Peer } from '../telegram/gateway.js';
import type { MessagesAfter } from '../telegram/message.js';
import type { PageWriter } from './page_writer.js';
import type { RecoveryAction } from './recovery.js';

/** One run under way. */
export interface RunContext {
  readonly run: OwnedRun;
  readonly source: Source;
  readonly writer: PageWriter;
  readonly signal: AbortSignal;
  readonly log: (level: RunLogEntry['level'], message: string) => Promise<void>;
  /** Gives the source the title of its channel, unless it has one. */
  readonly fillTitle: (title: string) => Promise<void>;
  /** Sessions that have no access to the channel. */
  readonly deniedSessions: Set<number>;
  /** Whether the source's bot was already tried. */
  botTried: boolean;
  /** Failures in a row that say nothing about the session that reads. */
  readonly retryBudget: RetryBudget;
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

/** The client that reads messages and files: an account or a bot. */
export type ReadingAccount = Pick<ConnectedAccount, 'messagesAfter' | 'download'>;

/** Stores the new messages of the channel to the last one. Rejects as calls and `PageWriter.write` do. */
export async function storeNewMessages(
  { writer, fillTitle }: Pick<RunContext, 'writer' | 'fillTitle'>,
  account: ReadingAccount,
  peer: KnownPeer,
  signal: AbortSignal,
): Promise<void> {
  await fillTitle(peer.title);
  const channel = { ...peer, id: peer.channelId };
  for await (const page of pagesAfter(account, channel, writer.position)) {
    await writer.write(account, channel, page, signal);
  }
  await writer.finish(signal);
}

/** As many messages as Telegram returns at once. */
const PAGE = 100;

/**
 * A channel's messages after `afterId`, oldest first, page by page; the next page is requested while one is being
 * stored. Ends where there are no more. Rejects as calls do.
 */
async function* pagesAfter(
  account: Pick<ReadingAccount, 'messagesAfter'>,
  peer: Peer,
  afterId: number,
): AsyncGenerator<MessagesAfter> {
  let at = afterId;
  let next = account.messagesAfter(peer, at, PAGE);
  for (;;) {
    const page = await next;
    if (page.lastId === at) return;
    at = page.lastId;
    next = account.messagesAfter(peer, at, PAGE);
    // A stop in between does not wait for it.
    next.catch(() => undefined);
    yield page;
  }
}

/** What is kept of a resolved channel. */
export function knownPeerOf({ id: channelId, accessHash, title, username }: Channel): KnownPeer {
  return { channelId, accessHash, title, username };
}
