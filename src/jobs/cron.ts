import { type ScheduledTask, schedule } from 'node-cron';
import type { Logger } from 'winston';

/**
 * Runs `task` at the times of a cron expression, in UTC and never twice at once; `off`: never. The task is told
 * how many milliseconds there are until it is due again.
 */
export function runOnSchedule(
  expression: string,
  name: string,
  logger: Logger,
  task: (untilNextMs: number) => Promise<unknown>,
): () => void {
  if (expression === 'off') return () => undefined;
  const scheduled: ScheduledTask = schedule(
    expression,
    async () => {
      try {
        const next = scheduled.getNextRun()?.getTime() ?? Date.now();
        await task(Math.max(0, next - Date.now()));
      } catch (error) {
        logger.error('job failed', { job: name, error });
      }
    },
    { name, timezone: 'UTC', noOverlap: true },
  );
  return () => void scheduled.destroy();
}
