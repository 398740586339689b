import type { PoolDemand } from '../../pool/service.js';
import type { RunForm } from '../../runs/store.js';

/** How many sessions may read for one run: a number, or as many as are idle. */
export type SessionsPerRun = number | 'auto';

/** More than that share one run's writer to no avail, and too many of the gateway's connections. */
export const MAX_READERS = 32;

/** The fewest messages (by their ids) that are worth more than one session. */
export const MIN_SPLIT_IDS = 5_000;

/** How much is read ahead of what is being stored, at most: in memory, and for files, on the target's disk. */
export const READ_AHEAD = { messages: 16_000, bytes: 32 * 2 ** 20, fileBytes: 512 * 2 ** 20 } as const;

const PAGE = 100;
const MAX_RANGE_IDS = 1_000;

/** How many readers at most. */
export function maxReaders(sessions: SessionsPerRun): number {
  return sessions === 'auto' ? MAX_READERS : Math.min(sessions, MAX_READERS);
}

/**
 * How many of so many ids a range has, in whole pages: so many that there are two ranges for each reader, and that these
 * fit into what is read ahead.
 */
export function rangeSize(ids: number, sessions: SessionsPerRun): number {
  const shared = Math.min(ids, READ_AHEAD.messages) / (2 * maxReaders(sessions));
  return Math.max(PAGE, Math.min(MAX_RANGE_IDS, Math.floor(shared / PAGE) * PAGE));
}

/** Whether so many ids are worth splitting, for a run with this form that has read so many messages. */
export function isWorthSplitting(ids: number, { limit }: RunForm, messagesRead: number): boolean {
  return Math.min(ids, (limit ?? Number.POSITIVE_INFINITY) - messagesRead) >= MIN_SPLIT_IDS;
}

/** With `auto`, one session in so many stays free for others, and at least one. */
const RESERVED_SHARE = 4;

/** How many sessions stay free for others. */
function reserve({ free, leased }: PoolDemand, sessions: SessionsPerRun): number {
  return sessions === 'auto' ? Math.max(1, Math.floor((free + leased) / RESERVED_SHARE)) : 0;
}

/** How many more sessions a run may take beside its own: none while anybody waits to whom any of them is of use. */
export function extraSessionsAllowed(demand: PoolDemand, sessions: SessionsPerRun): number {
  if (demand.waiting.some(({ needs }) => needs.length === 0)) return 0;
  return Math.max(0, demand.free - reserve(demand, sessions));
}

/** A leased session, by what requests may need of it. */
interface Marked {
  readonly marks: ReadonlySet<string>;
}

/** Whether the session is of use to any of those who wait. */
export function isWanted({ marks }: Marked, { waiting }: PoolDemand): boolean {
  return waiting.some(({ needs }) => needs.every((need) => marks.has(need)));
}

/**
 * Which of these sessions a run should give back, the last ones first: one for each request that waits, if it is of use
 * to it, and those that are to be free besides.
 */
export function toGiveBack<Held extends Marked>(
  held: readonly Held[],
  demand: PoolDemand,
  sessions: SessionsPerRun,
): Held[] {
  const lastFirst = held.toReversed();
  const given = new Set<Held>();
  const give = (count: number, isOfUse: (session: Held) => boolean) => {
    const some = lastFirst.filter((session) => !given.has(session) && isOfUse(session));
    for (const session of some.slice(0, Math.max(0, count))) given.add(session);
  };
  // Those that few sessions are of use to have the first choice.
  const choosiestFirst = demand.waiting.toSorted((one, other) => other.needs.length - one.needs.length);
  for (const { needs, count } of choosiestFirst) {
    give(count, ({ marks }) => needs.every((need) => marks.has(need)));
  }
  give(reserve(demand, sessions) - demand.free - given.size, () => true);
  return [...given];
}
