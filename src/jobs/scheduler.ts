import { createTask, type ScheduledTask, schedule, type TaskContext, validate } from 'node-cron';
import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { Timers } from '../kernel/timers.js';

/** What scheduled jobs share. */
export interface SchedulerParts {
  readonly cluster: Pick<Cluster, 'takeJob'>;
  readonly logger: Logger;
}

/** Whether it is a cron expression that is ever due: `0 0 31W 2 *` never is. */
export function isSchedule(expression: string): boolean {
  if (!validate(expression)) return false;
  const task = createTask(expression, () => undefined, { timezone: 'UTC' });
  try {
    return task.getNextRuns(1).length > 0;
  } catch {
    return false;
  } finally {
    void task.destroy();
  }
}

/**
 * Runs `task` at the times of a cron expression, in UTC, never twice at once, at one replica each time; `off`: never.
 * The task gets the number of milliseconds until it is due again.
 */
export function runOnSchedule(
  expression: string,
  name: string,
  { cluster, logger }: SchedulerParts,
  task: (untilNextMs: number) => Promise<unknown>,
): () => void {
  if (expression === 'off') return () => undefined;
  const run = async ({ date }: TaskContext) => {
    const done = await cluster.takeJob(name, date);
    if (!done) return;
    try {
      const next = scheduled.getNextRun()?.getTime() ?? Date.now();
      await task(Math.max(0, next - Date.now()));
    } finally {
      await done();
    }
  };
  const failed = (error: unknown) => logger.error('job failed', { job: name, error });
  const scheduled: ScheduledTask = schedule(expression, (context) => run(context).catch(failed), {
    name,
    timezone: 'UTC',
    noOverlap: true,
  });
  return () => void scheduled.destroy();
}

/** A periodic job. */
export interface Every {
  readonly seconds: number;
  readonly name: string;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Runs `task` periodically, this many seconds after it last ended; the returned function stops it. */
export function runEvery({ seconds, name, timers, logger }: Every, task: () => Promise<unknown>): () => void {
  let stop = () => {};
  const next = () => {
    stop = timers.after(seconds * 1000, async () => {
      try {
        await task();
      } catch (error) {
        logger.warn('job failed; it will be retried', { job: name, error });
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
