import { z } from 'zod';

/** A sync is wanted: is there anybody who has the directory? */
export const WANTED = 'sync wanted';
export const wanted = z.object({ id: z.string() });

/** The replica `by` would do it. */
export const OFFERED = 'sync offered';
export const offered = wanted.extend({ by: z.string() });

/** The replica `by` is to do it, and no other. */
export const CHOSEN = 'sync chosen';
export const chosen = offered.extend({ dryRun: z.boolean(), force: z.boolean() });

const report = z.object({
  added: z.int(),
  removed: z.int(),
  updated: z.int(),
  missing: z.int(),
  total: z.int(),
  rejected: z.array(z.object({ file: z.string(), reason: z.string() })),
  rejectedTotal: z.int(),
  unsettled: z.array(z.string()),
});

const detail = z.looseObject({ error: z.string() });

/** What came of a sync: its report, or why there is none, by the kind of error that says so. */
const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('report'), report }),
  z.object({ kind: z.literal('conflict'), detail }),
  z.object({
    kind: z.literal('unavailable'),
    detail: z.union([z.string(), detail]),
    retryAfterSeconds: z.int(),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type SyncOutcome = z.infer<typeof outcome>;

/** The sync is done, or was refused. */
export const DONE = 'sync done';
export const done = wanted.extend({ outcome });
