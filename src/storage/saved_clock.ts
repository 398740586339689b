import type { AccessStore } from '../access/store.js';
import { type AnchoredClock, type ClockAnchor, createSteadyClock, type TimeSource } from '../clock.js';

/** The fact that tells where the clock of a machine was. */
export const ANCHOR = 'clock.anchor';

/** The clock, going on from where the last process left it. */
export async function restoreClock(store: AccessStore, time: TimeSource): Promise<AnchoredClock> {
  const clock = await readClock(store, time);
  await saveClock(store, clock);
  return clock;
}

/** The clock as the service has it, for a process beside the service. */
export async function readClock(store: AccessStore, time: TimeSource): Promise<AnchoredClock> {
  const saved = await store.fact(ANCHOR);
  return createSteadyClock(time, saved === null ? null : (JSON.parse(saved) as ClockAnchor));
}

/** Keeps the present for the next process. */
export function saveClock(store: AccessStore, clock: AnchoredClock): Promise<void> {
  return store.saveFact(ANCHOR, JSON.stringify(clock.anchor()));
}
