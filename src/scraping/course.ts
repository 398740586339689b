import type { Source } from '../sources/store.js';
import type { ConnectedBot } from '../telegram/gateway.js';
import type { Timers } from '../timers.js';
import type { NextStep } from './after_error.js';
import type { OwnRun, RunOutcome } from './engine.js';
import { pause } from './pause.js';
import { pagesAfter } from './reading.js';
import type { RetryBudget } from './retry_budget.js';
import type { KnownPeer } from './store.js';
import type { Storing } from './storing.js';

/** One run under way. */
export interface Course {
  readonly run: OwnRun;
  readonly source: Source;
  readonly storing: Storing;
  readonly signal: AbortSignal;
  /** Gives the source the title of its channel, unless it has one. */
  readonly fillTitle: (title: string) => Promise<void>;
  /** Sessions that are not let into the channel. */
  readonly notLetIn: Set<number>;
  /** The source's bot had its turn. */
  botTried: boolean;
  /** Failures that say nothing of the session, without anything read in between. */
  readonly retryBudget: RetryBudget;
}

/** Whoever reads the channel of a run: a session, or a bot. */
export interface Reader {
  /** Reads what is new, to its end. `anew`: with the channel resolved anew. */
  read(anew: boolean): Promise<void>;
  /** What is to be done about an error. @throws what is none of Telegram's. */
  judge(error: unknown, resolvedAnew: boolean): Promise<NextStep>;
}

/**
 * Has one reader read until all is read or another must take its place; null: another must. Rejects with the reason
 * of `signal`, which says until when it may, or of the course's.
 */
export async function readWith(
  reader: Reader,
  course: Pick<Course, 'signal' | 'retryBudget'> & { readonly storing: Pick<Storing, 'position'> },
  timers: Timers,
  signal: AbortSignal,
): Promise<RunOutcome | null> {
  let anew = false;
  let pauseMs = 0;
  for (;;) {
    try {
      if (pauseMs > 0) await pause(timers, pauseMs, signal);
      await reader.read(anew);
      return { kind: 'completed' };
    } catch (error) {
      course.signal.throwIfAborted();
      const step = await reader.judge(error, anew);
      if (step.kind === 'fail') return { kind: 'failed', error: step.message };
      const wait = step.kind === 'swap' ? null : pauseBefore(step, course);
      if (wait === null) return null;
      pauseMs = wait;
      anew = step.kind === 'resolve';
    }
  }
}

/** Stores what is new in the channel, to its end. Rejects as calls and Storing do. */
export async function storeNew(
  course: Course,
  account: Pick<ConnectedBot, 'messagesAfter' | 'download'>,
  peer: KnownPeer,
  signal: AbortSignal,
): Promise<void> {
  const { storing } = course;
  await course.fillTitle(peer.title);
  const channel = { ...peer, id: peer.channelId };
  for await (const page of pagesAfter(account, channel, storing.position)) {
    await storing.store(account, channel, page, signal);
  }
  await storing.finish(signal);
}

/** How long a reader waits before it goes on, in milliseconds; null: it has failed too often. */
function pauseBefore(
  step: Exclude<NextStep, { readonly kind: 'fail' | 'swap' }>,
  { retryBudget, storing }: Parameters<typeof readWith>[1],
): number | null {
  if (step.kind === 'sleep') return step.seconds * 1000;
  return step.kind === 'again' ? retryBudget.pauseAfterFailure(storing.position) : 0;
}
