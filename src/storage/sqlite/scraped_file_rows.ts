import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Run, ScrapedFile } from '../../scraping/store.js';
import { keptFile } from '../storing_rules.js';
import { files } from './scraping_schema.js';

/** The rows of the files of messages. */
export class ScrapedFileRows {
  readonly #keep;

  constructor(db: BetterSQLite3Database) {
    const column = sql.placeholder;
    this.#keep = db
      .insert(files)
      .values({
        sourceId: column('sourceId'),
        runId: column('runId'),
        messageId: column('messageId'),
        path: column('path'),
        name: column('name'),
        mimeType: column('mimeType'),
        sizeBytes: column('sizeBytes'),
        sha256: column('sha256'),
        state: column('state'),
        reason: column('reason'),
        createdAt: column('createdAt'),
      })
      .onConflictDoUpdate({
        target: [files.sourceId, files.messageId],
        set: {
          runId: sql`excluded.run_id`,
          path: sql`excluded.path`,
          name: sql`excluded.name`,
          mimeType: sql`excluded.mime_type`,
          sizeBytes: sql`excluded.size_bytes`,
          sha256: sql`excluded.sha256`,
          state: sql`excluded.state`,
          reason: sql`excluded.reason`,
        },
        setWhere: sql`${files.state} = 'skipped'`,
      })
      .prepare();
  }

  /** What a message's file is stays so, unless it was skipped before. */
  keep({ id: runId, sourceId }: Run, file: ScrapedFile, now: number): void {
    this.#keep.run({ ...keptFile(file), runId, sourceId, createdAt: now });
  }
}
