import { sql } from 'drizzle-orm';

/** What is written over a file that was skipped before, by what was to be inserted. */
export const REPLACED_FILE = {
  runId: sql`excluded.run_id`,
  path: sql`excluded.path`,
  name: sql`excluded.name`,
  mimeType: sql`excluded.mime_type`,
  sizeBytes: sql`excluded.size_bytes`,
  sha256: sql`excluded.sha256`,
  state: sql`excluded.state`,
  reason: sql`excluded.reason`,
};
