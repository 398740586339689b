import { and, asc, count, desc, eq, inArray, lt, type SQL } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { AuditEntry, AuditFilter, AuditRow, AuditStore } from '../../audit/store.js';
import type { Page } from '../../kernel/page.js';
import type { Synchronous } from '../synchronous.js';
import { auditLog } from './schema.js';

/** The audit log, in SQLite. */
export class AuditTable implements Synchronous<AuditStore> {
  readonly #db: BetterSQLite3Database;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
  }

  add(entry: AuditEntry): void {
    this.#db.insert(auditLog).values(entry).run();
  }

  entries(filter: AuditFilter, { skip, limit }: Page): AuditRow[] {
    return this.#db
      .select()
      .from(auditLog)
      .where(matching(filter))
      .orderBy(desc(auditLog.id))
      .limit(limit)
      .offset(skip)
      .all();
  }

  count(filter: AuditFilter): number {
    return this.#db.select({ n: count() }).from(auditLog).where(matching(filter)).get()?.n ?? 0;
  }

  /** Entries are written in the order of time, but for fractions of a second. */
  prune(before: number, limit: number): number {
    const first = this.#db
      .select({ id: auditLog.id, at: auditLog.at })
      .from(auditLog)
      .orderBy(asc(auditLog.id))
      .limit(limit)
      .as('first');
    const old = this.#db.select({ id: first.id }).from(first).where(lt(first.at, before));
    return this.#db.delete(auditLog).where(inArray(auditLog.id, old)).run().changes;
  }
}

function matching({ action, object }: AuditFilter): SQL | undefined {
  return and(
    action === null ? undefined : eq(auditLog.action, action),
    object === null ? undefined : eq(auditLog.object, object),
  );
}
