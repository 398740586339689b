import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { UnitOfWork } from '../unit_of_work.js';

/** The condition that a session has all of the tags; undefined: no condition. */
export function hasAllTags({ tables }: UnitOfWork, tags: readonly string[]): SQL | undefined {
  const { sessions, sessionTags } = tables;
  const wanted = [...new Set(tags)];
  if (wanted.length === 0) return undefined;
  const bearing = and(eq(sessionTags.sessionId, sessions.id), inArray(sessionTags.tag, wanted));
  return sql`(SELECT count(*) FROM ${sessionTags} WHERE ${bearing}) = ${wanted.length}`;
}
