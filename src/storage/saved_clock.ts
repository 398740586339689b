import type { AccessStore } from '../access/store.js';
import { type AnchoredClock, type ClockAnchor, createSteadyClock, type TimeSource } from '../kernel/clock.js';

/** The database key for the anchor of a machine's clock. */
export const ANCHOR = 'clock.anchor';

/** The clock, continued from where the last process left it. */
export async function restoreClock(store: AccessStore, time: TimeSource): Promise<AnchoredClock> {
  const clock = await readClock(store, time);
  await saveClock(store, clock);
  return clock;
}

/** The service's clock, for a process next to the service. */
export async function readClock(store: AccessStore, time: TimeSource): Promise<AnchoredClock> {
  const saved = await store.value(ANCHOR);
  return createSteadyClock(time, saved === null ? null : (JSON.parse(saved) as ClockAnchor));
}

/** Saves the current time for the next process. */
export function saveClock(store: AccessStore, clock: AnchoredClock): Promise<void> {
  return store.saveValue(ANCHOR, JSON.stringify(clock.anchor()));
}
