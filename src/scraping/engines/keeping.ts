import type { Clock } from '../../clock.js';
import type { Timers } from '../../timers.js';
import type { OwnRun } from '../engine.js';
import { RunLost } from '../run_lost.js';
import type { RunStore } from '../store.js';

/** A run belongs to its replica for so long without a sign of life, in milliseconds; then another takes it over. */
export const OWNED_MS = 15_000;

/** How often a run is kept, and looked whether it is to be cancelled, in milliseconds. */
const KEEP_MS = 2_000;

/** Why a run is broken off. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

export interface KeepingParts {
  readonly runs: Pick<RunStore, 'renew'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Keeps a run for its owner until the function that is returned is called. `end` is aborted with Cancelled when
 * somebody wants its end, and with RunLost before another may take it over.
 */
export function keepRun(
  { id, owner, ownedUntil }: OwnRun,
  end: AbortController,
  { runs, clock, timers }: KeepingParts,
): () => void {
  let stopped = false;
  let stopTimer = () => {};
  let stopLapse = () => {};
  // However long the database takes to answer: it may be another's by then.
  const lapseAt = (until: number) => {
    stopLapse();
    stopLapse = timers.after(until - KEEP_MS - clock.now(), () => end.abort(new RunLost(id)));
  };
  const later = () => {
    stopTimer = timers.after(KEEP_MS, async () => {
      const until = clock.now() + OWNED_MS;
      const kept = await runs.renew(id, owner, until).catch(() => undefined);
      if (stopped) return;
      if (kept) lapseAt(until);
      if (kept === null) end.abort(new RunLost(id));
      else if (kept?.cancelRequested) end.abort(new Cancelled());
      else later();
    });
  };
  lapseAt(ownedUntil ?? clock.now() + OWNED_MS);
  later();
  return () => {
    stopped = true;
    stopTimer();
    stopLapse();
  };
}
