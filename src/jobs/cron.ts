import { createTask, type ScheduledTask, schedule, type TaskContext, validate } from 'node-cron';
import type { Logger } from 'winston';
import type { Replicas } from '../replicas/replicas.js';

/** What the jobs of a schedule share. */
export interface ScheduleParts {
  readonly replicas: Pick<Replicas, 'takeJob'>;
  readonly logger: Logger;
}

/** Whether it is a cron expression, and comes due some day: `0 0 31W 2 *` never does. */
export function comesDue(expression: string): boolean {
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
 * Runs `task` at the times of a cron expression, in UTC and never twice at once, in one of all replicas each
 * time; `off`: never. The task is told how many milliseconds there are until it is due again.
 */
export function runOnSchedule(
  expression: string,
  name: string,
  { replicas, logger }: ScheduleParts,
  task: (untilNextMs: number) => Promise<unknown>,
): () => void {
  if (expression === 'off') return () => undefined;
  const run = async ({ date }: TaskContext) => {
    const done = await replicas.takeJob(name, date);
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
