import { sql } from 'drizzle-orm';
import type { UnitOfWork } from '../unit_of_work.js';

/**
 * A source was created, changed or deleted here: its deployment has to be synchronised with Prefect. `replacesSchedule`:
 * whatever schedule Prefect has is not wanted any more.
 */
export async function bumpRevision(
  { db, tables }: UnitOfWork,
  sourceId: number,
  replacesSchedule = false,
): Promise<void> {
  const { deployments } = tables;
  await db
    .insert(deployments)
    .values({ sourceId })
    .onConflictDoUpdate({
      target: deployments.sourceId,
      set: {
        revision: sql`${deployments.revision} + 1`,
        ...(replacesSchedule && { foreignSchedule: null }),
      },
    });
}
