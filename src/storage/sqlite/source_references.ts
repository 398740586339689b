import { asc, eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { sources } from './scraping_schema.js';

/** Which sources refer to a session, so that its row must stay. */
export class SourceReferences {
  readonly #first;

  constructor(db: BetterSQLite3Database) {
    this.#first = db
      .select({ id: sources.id, name: sources.name })
      .from(sources)
      .where(eq(sources.sessionId, sql.placeholder('session')))
      .orderBy(asc(sources.id))
      .limit(1)
      .prepare();
  }

  /** The first source that refers to the session; undefined: none does. */
  to(sessionId: number): { readonly id: number; readonly name: string } | undefined {
    return this.#first.get({ session: sessionId });
  }
}
