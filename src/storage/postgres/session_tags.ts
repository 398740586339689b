import { eq } from 'drizzle-orm';
import { freeSince } from '../../pool/session_state.js';
import { sessions, sessionTags } from './schema.js';
import type { SessionRow, Unit } from './unit.js';

/**
 * Gives a locked session these tags instead of those it has: in its row, and where free sessions are found by
 * them. The row as it is then.
 */
export async function retag(
  unit: Unit,
  row: SessionRow,
  given: readonly string[],
  now: number,
): Promise<SessionRow> {
  const tags = [...new Set(given)];
  const changes = { tags, updatedAt: now };
  await unit.db.update(sessions).set(changes).where(eq(sessions.id, row.id));
  await unit.db.delete(sessionTags).where(eq(sessionTags.sessionId, row.id));
  const bearing = tags.map((tag) => ({ tag, sessionId: row.id, freeSince: freeSince(row) }));
  if (bearing.length > 0) await unit.db.insert(sessionTags).values(bearing);
  if (row.state === 'free') unit.freed += 1;
  return { ...row, ...changes };
}
