import { storableUpTo } from '../storable_text.js';
import type { Run, RunEnd, RunLogEntry } from './store.js';

/** Runs that are kept of a source; older ones that have ended are forgotten. */
export const MOST_RUNS_OF_SOURCE = 1_000;

/** Log entries that are kept of a run: the newest. */
export const MOST_LOG_ENTRIES = 10_000;

/** Characters of a log message, and of the error of a run. */
const MOST_CHARACTERS = 2_000;

const NOBODYS = { owner: null, ownedUntil: null };
const WAITS_NOT = { waitingSince: null };

/** What a call writes to a run. */
export type RunChange = Partial<Omit<Run, 'id' | 'sourceId' | 'reason' | 'createdAt'>>;

/** A replica is at it, as far as is known. */
function isCarriedOut({ ownedUntil }: Pick<Run, 'ownedUntil'>, now: number): boolean {
  return ownedUntil !== null && ownedUntil > now;
}

/** What taking a run writes: it goes on where it stood, also where another left it. */
export function taken(run: Run, owner: string, until: number, now: number): RunChange {
  const startedAt = run.startedAt ?? now;
  return {
    state: 'running',
    owner,
    ownedUntil: until,
    notBefore: null,
    error: null,
    ...WAITS_NOT,
    startedAt,
  };
}

/** What saying how a run stands writes. Without a session, the one that it used last stays named. */
export function marked(
  run: Run,
  state: 'running' | 'waiting',
  sessionName: string | null,
  now: number,
): RunChange {
  const waitingSince = state === 'waiting' ? (run.waitingSince ?? now) : null;
  return { state, sessionName: sessionName ?? run.sessionName, waitingSince };
}

/** What letting go of a run for a while writes; it waits for a session since it did, not since now. */
export function deferred(error: string, notBefore: number): RunChange {
  return { state: 'deferred', error: storableUpTo(MOST_CHARACTERS, error), notBefore, ...NOBODYS };
}

/** What the end of a run writes. */
export function ended(end: RunEnd, error: string | null, now: number): RunChange {
  const told = error === null ? null : storableUpTo(MOST_CHARACTERS, error);
  return { state: end, error: told, notBefore: null, ...NOBODYS, ...WAITS_NOT, finishedAt: now };
}

/** What the wish to cancel a run writes; null: it has ended. */
export function cancelled(run: Run, now: number): RunChange | null {
  if (run.finishedAt !== null) return null;
  const cancelRequested = true;
  return isCarriedOut(run, now) ? { cancelRequested } : { cancelRequested, ...ended('cancelled', null, now) };
}

/** The entries as they are kept: no more than fit, and no message longer than that. */
export function loggable(entries: readonly RunLogEntry[]): RunLogEntry[] {
  const kept = entries.slice(-MOST_LOG_ENTRIES);
  return kept.map((entry) => ({ ...entry, message: storableUpTo(MOST_CHARACTERS, entry.message) }));
}
