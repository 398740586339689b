import type { Clock } from '../../kernel/clock.js';
import type { Timers } from '../../kernel/timers.js';
import { type OwnedRun, RunCancelled, RunLost } from '../../runs/engine.js';
import type { RunStore } from '../../runs/store.js';

/** How long a run stays its owner's after the last heartbeat, in milliseconds; then another replica takes it over. */
export const RUN_LEASE_TTL_MS = 15_000;

/** How often a run is renewed, and asked whether it was cancelled, in milliseconds. */
const HEARTBEAT_MS = 2_000;

export interface HeartbeatParts {
  readonly runs: Pick<RunStore, 'renew'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Renews a run for its owner until the returned function is called. `abort` is aborted with RunCancelled when somebody
 * cancelled the run, and with RunLost before another replica may take it over.
 */
export function runHeartbeat(
  { id, owner, ownedUntil }: OwnedRun,
  abort: AbortController,
  { runs, clock, timers }: HeartbeatParts,
): () => void {
  let stopped = false;
  let stopTimer = () => {};
  let stopExpiry = () => {};
  // However long the database takes to answer: by then the run may be another replica's.
  const expireAt = (until: number) => {
    stopExpiry();
    stopExpiry = timers.after(until - HEARTBEAT_MS - clock.now(), () => abort.abort(new RunLost(id)));
  };
  const later = () => {
    stopTimer = timers.after(HEARTBEAT_MS, async () => {
      const until = clock.now() + RUN_LEASE_TTL_MS;
      const renewed = await runs.renew(id, owner, until).catch(() => undefined);
      if (stopped) return;
      if (renewed) expireAt(until);
      if (renewed === null) abort.abort(new RunLost(id));
      else if (renewed?.cancelRequested) abort.abort(new RunCancelled());
      else later();
    });
  };
  expireAt(ownedUntil ?? clock.now() + RUN_LEASE_TTL_MS);
  later();
  return () => {
    stopped = true;
    stopTimer();
    stopExpiry();
  };
}
