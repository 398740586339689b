import { schedule } from 'node-cron';
import type { Logger } from 'winston';

/** Runs `task` at the times of a cron expression, in UTC and never twice at once; `off`: never. */
export function runOnSchedule(
  expression: string,
  name: string,
  logger: Logger,
  task: () => Promise<unknown>,
): () => void {
  if (expression === 'off') return () => undefined;
  const scheduled = schedule(
    expression,
    async () => {
      try {
        await task();
      } catch (error) {
        logger.error('job failed', { job: name, error });
      }
    },
    { name, timezone: 'UTC', noOverlap: true },
  );
  return () => void scheduled.destroy();
}
