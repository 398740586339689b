import { asc, eq } from 'drizzle-orm';
import type { Db } from './connection.js';
import { sources } from './scraping_schema.js';

/**
 * The first source that refers to the session; undefined: none does. It stays so until the end of a transaction
 * that has the session's row locked.
 */
export async function sourceReferringTo(
  db: Db,
  sessionId: number,
): Promise<{ readonly id: number; readonly name: string } | undefined> {
  const [first] = await db
    .select({ id: sources.id, name: sources.name })
    .from(sources)
    .where(eq(sources.sessionId, sessionId))
    .orderBy(asc(sources.id))
    .limit(1);
  return first;
}
