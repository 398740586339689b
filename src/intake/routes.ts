import { z } from 'zod';
import { flag } from '../http/parameters.js';
import { defineRoute, type Route } from '../http/route.js';
import type { SyncService } from './sync.js';
import type { SyncReport } from './sync_run.js';

const details = z.object({
  new_sessions: z.int(),
  removed_sessions: z.int(),
  total_sessions: z.int(),
  updated_sessions: z.int(),
  missing_sessions: z.int().meta({ description: 'Their files are gone, but they are leased or in use' }),
  rejected: z
    .array(z.object({ file: z.string(), reason: z.string() }))
    .meta({ description: 'The first 1,000; fewer if another replica did the sync (SESSIONS_SYNC=off)' }),
  rejected_total: z.int(),
  unsettled: z.array(z.string()).meta({ description: 'Being written just now; read again in a moment' }),
});

/** `POST /sync`: syncs the pool with SESSIONS_DIR. */
export function intakeRoutes(sync: Pick<SyncService, 'sync'>): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/sync',
      tag: 'Session files',
      summary: 'Sync the pool with SESSIONS_DIR',
      access: [],
      from: 'any',
      audit: { action: 'sync' },
      input: z.object({
        dry_run: flag.default(false).meta({ description: 'Only report what would change' }),
        force: flag.default(false).meta({ description: 'Remove sessions even if the guard would refuse' }),
      }),
      responses: {
        200: {
          description: 'What was found and changed',
          schema: z.object({ status: z.literal('sync complete'), dry_run: z.boolean(), details }),
        },
        409: {
          description:
            '`mass_removal_guard`: so many files are gone that the disk may not be mounted; nothing was changed',
        },
        500: { description: 'SESSIONS_DIR cannot be read; nothing was changed' },
        503: {
          description:
            'With SESSIONS_SYNC=off: no replica that has SESSIONS_DIR answers (`no_sessions_directory`), or it takes longer than a minute (`sync_under_way`)',
        },
      },
      async handle({ input }) {
        const report = await sync.sync({ dryRun: input.dry_run, force: input.force });
        const body = { status: 'sync complete', dry_run: input.dry_run, details: serializeSync(report) };
        if (input.dry_run) return { body, audit: null };
        return { body, ...(input.force && { audit: { action: 'sync.force' } }) };
      },
    }),
  ];
}

/** A sync's report as the API returns it. */
export function serializeSync(report: SyncReport): z.output<typeof details> {
  return {
    new_sessions: report.added,
    removed_sessions: report.removed,
    total_sessions: report.total,
    updated_sessions: report.updated,
    missing_sessions: report.missing,
    rejected: [...report.rejected],
    rejected_total: report.rejectedTotal,
    unsettled: [...report.unsettled],
  };
}
