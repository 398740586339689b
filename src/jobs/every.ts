import type { Logger } from 'winston';
import type { Timers } from '../timers.js';

export interface Every {
  readonly seconds: number;
  readonly name: string;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Runs `task` again and again, so many seconds after it last ended; the returned function stops it. */
export function runEvery({ seconds, name, timers, logger }: Every, task: () => Promise<unknown>): () => void {
  let stop = () => {};
  const next = () => {
    stop = timers.after(seconds * 1000, async () => {
      try {
        await task();
      } catch (error) {
        logger.warn('job failed; it is tried again', { job: name, error });
      }
      if (!stopped) next();
    });
  };
  let stopped = false;
  next();
  return () => {
    stopped = true;
    stop();
  };
}
