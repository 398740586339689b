import type { Timers } from '../../timers.js';
import { pause } from '../pause.js';
import { SinkFailed } from './sink_failed.js';

/** How often work is tried, and the pause after the first time, in milliseconds; each later one is twice as long. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;

/**
 * Does work with a target, a few times over where it fails in a way that may pass. Nothing may be wrong when it is
 * done twice. Rejects with the last failure, or the signal's reason once that is aborted.
 */
export async function patiently<Result>(
  timers: Timers,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof SinkFailed && error.mayPass;
      if (!mayPass || attempt === ATTEMPTS) throw error;
      await pause(timers, FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    }
  }
}
