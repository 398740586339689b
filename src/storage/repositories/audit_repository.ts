import { and, asc, count, desc, eq, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { AuditFilter, AuditStore } from '../../audit/store.js';
import type { Tables } from '../tables.js';
import { affectedRows, type UnitOfWorkRunner } from '../unit_of_work.js';
import { contains } from './listing.js';

/** The audit log. */
export function auditRepository(units: UnitOfWorkRunner): AuditStore {
  return {
    add: (entry) =>
      units.run(async ({ db, tables: { auditLog } }) => {
        await db.insert(auditLog).values(entry);
      }),
    entries: (filter, { skip, limit }, { descending } = { by: 'at', descending: true }) =>
      units.run(({ db, tables: { auditLog } }) => {
        const found = db.select().from(auditLog).where(matching(auditLog, filter));
        const direction = descending ? desc : asc;
        return found.orderBy(direction(auditLog.id)).limit(limit).offset(skip);
      }),
    count: (filter) =>
      units.run(async ({ db, tables: { auditLog } }) => {
        const [row] = await db.select({ n: count() }).from(auditLog).where(matching(auditLog, filter));
        return row?.n ?? 0;
      }),
    /** Entries are written in chronological order, except within fractions of a second. */
    prune: (before, limit) =>
      units.run(async ({ db, tables: { auditLog } }) => {
        const first = db
          .select({ id: auditLog.id, at: auditLog.at })
          .from(auditLog)
          .orderBy(asc(auditLog.id))
          .limit(limit)
          .as('first');
        const old = db.select({ id: first.id }).from(first).where(lt(first.at, before));
        return affectedRows(await db.delete(auditLog).where(inArray(auditLog.id, old)));
      }),
  };
}

function matching(auditLog: Tables['auditLog'], filter: AuditFilter): SQL | undefined {
  const { action, object, holder = null, outcome = null, q = null } = filter;
  return and(
    action === null ? undefined : eq(auditLog.action, action),
    object === null ? undefined : eq(auditLog.object, object),
    holder === null ? undefined : eq(auditLog.holder, holder),
    outcome === null ? undefined : eq(auditLog.outcome, outcome),
    q === null ? undefined : contains(searchedText(auditLog), q),
  );
}

/** One text for each entry: to look through five columns took twice as long. */
function searchedText({ keyName, action, object, address, requestId }: Tables['auditLog']): SQL {
  const columns = [keyName, action, sql`coalesce(${object}, '')`, sql`coalesce(${address}, '')`];
  return sql.join([...columns, sql`coalesce(${requestId}, '')`], sql` || ' ' || `);
}
