import { and, eq, inArray, type SQL } from 'drizzle-orm';
import type { UnitOfWork } from '../unit_of_work.js';

/** The condition that a session has all of the tags, which the index of tags serves; undefined: no condition. */
export function hasAllTags({ db, tables }: UnitOfWork, tags: readonly string[]): SQL | undefined {
  const { sessions, sessionTags } = tables;
  const bearing = (tag: string) =>
    db.select({ id: sessionTags.sessionId }).from(sessionTags).where(eq(sessionTags.tag, tag));
  return and(...[...new Set(tags)].map((tag) => inArray(sessions.id, bearing(tag))));
}
