import { type ScheduledTask, schedule, type TaskContext } from 'node-cron';
import type { Logger } from 'winston';
import type { Replicas } from '../replicas/replicas.js';

/** What the jobs of a schedule share. */
export interface ScheduleParts {
  readonly replicas: Pick<Replicas, 'takeJob'>;
  readonly logger: Logger;
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
