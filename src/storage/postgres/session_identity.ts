import { and, asc, eq, ne } from 'drizzle-orm';
import { isHeld } from '../../pool/session_state.js';
import type { NewName, RemoveOutcome, RenameOutcome } from '../../sessions/store.js';
import { foldName } from '../folding.js';
import { FileRows } from './file_rows.js';
import { sessions } from './schema.js';
import { sessionRecord } from './session_record.js';
import { lockShared } from './shared_locks.js';
import { sourceReferringTo } from './source_references.js';
import type { SessionRow, Unit } from './unit.js';

/** As `SessionStore.rename`. */
export async function renameSession(
  unit: Unit,
  id: number,
  to: NewName,
  leaseId: string | null,
  now: number,
): Promise<RenameOutcome> {
  await lockShared(unit.db, 'identities');
  const row = await unit.byId(id, now);
  if (!row) return { kind: 'unknown' };
  if (isHeldByAnother(row, leaseId)) return { kind: 'in_use' };
  const foldedName = foldName(to.name);
  const [other] = await unit.db
    .select({ id: sessions.id, name: sessions.name })
    .from(sessions)
    .where(and(eq(sessions.foldedName, foldedName), ne(sessions.id, id)))
    .orderBy(asc(sessions.id))
    .limit(1);
  if (other) return { kind: 'name_taken', sessionId: other.id, sessionName: other.name };
  // A print that no file has: the next look reads the files under their new name.
  const changes = { ...to, foldedName, fingerprint: '', updatedAt: now };
  await unit.db.update(sessions).set(changes).where(eq(sessions.id, id));
  const renamed = { ...row, ...changes };
  unit.note(renamed, { at: now, event: 'renamed', detail: `${row.name} → ${to.name}` });
  return { kind: 'renamed', session: sessionRecord(renamed) };
}

/** As `SessionStore.remove`. */
export async function removeSession(
  unit: Unit,
  id: number,
  leaseId: string | null,
  now: number,
): Promise<RemoveOutcome> {
  await lockShared(unit.db, 'identities');
  const row = await unit.byId(id, now);
  if (!row) return { kind: 'unknown' };
  const source = await sourceReferringTo(unit.db, id);
  if (source) return { kind: 'referred', sourceId: source.id, sourceName: source.name };
  if (isHeldByAnother(row, leaseId)) return { kind: 'in_use' };
  await new FileRows(unit).drop(row, now);
  return { kind: 'removed', session: sessionRecord(row) };
}

function isHeldByAnother(row: SessionRow, leaseId: string | null): boolean {
  return isHeld(row) && (leaseId === null || row.leaseId !== leaseId);
}
