import { eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { freeSince } from '../../pool/session_state.js';
import { sessions, sessionTags } from './schema.js';
import type { SessionRow } from './session_rows.js';

/** Gives the session these tags instead of those it has: in its row, and where free sessions are found by them. */
export function retag(
  db: BetterSQLite3Database,
  row: SessionRow,
  tags: readonly string[],
  now: number,
): void {
  const unique = [...new Set(tags)];
  db.update(sessions).set({ tags: unique, updatedAt: now }).where(eq(sessions.id, row.id)).run();
  db.delete(sessionTags).where(eq(sessionTags.sessionId, row.id)).run();
  for (const tag of unique) {
    db.insert(sessionTags)
      .values({ tag, sessionId: row.id, freeSince: freeSince(row) })
      .run();
  }
}
