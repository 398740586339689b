import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { keptFile } from '../../scraping/batch_rules.js';
import type { Run, ScrapedFile } from '../../scraping/store.js';
import { REPLACED_FILE } from '../replaced_file.js';
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
        set: REPLACED_FILE,
        setWhere: sql`${files.state} = 'skipped'`,
      })
      .prepare();
  }

  /** What a message's file is stays so, unless it was skipped before. */
  keep({ id: runId, sourceId }: Run, file: ScrapedFile, now: number): void {
    this.#keep.run({ ...keptFile(file), runId, sourceId, createdAt: now });
  }
}
