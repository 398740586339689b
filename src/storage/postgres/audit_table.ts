import { and, asc, count, desc, eq, inArray, lt, type SQL } from 'drizzle-orm';
import type { AuditEntry, AuditFilter, AuditRow, AuditStore } from '../../audit/store.js';
import type { Page } from '../../kernel/page.js';
import type { InTransaction } from './in_transaction.js';
import { auditLog } from './schema.js';

/** The audit log, in PostgreSQL. */
export class AuditTable implements AuditStore {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  add(entry: AuditEntry): Promise<void> {
    return this.#run(async (db) => {
      await db.insert(auditLog).values(entry);
    });
  }

  entries(filter: AuditFilter, { skip, limit }: Page): Promise<AuditRow[]> {
    return this.#run((db) =>
      db.select().from(auditLog).where(matching(filter)).orderBy(desc(auditLog.id)).limit(limit).offset(skip),
    );
  }

  count(filter: AuditFilter): Promise<number> {
    return this.#run(async (db) => {
      const [row] = await db.select({ n: count() }).from(auditLog).where(matching(filter));
      return row?.n ?? 0;
    });
  }

  /** Entries are written in the order of time, but for fractions of a second. */
  prune(before: number, limit: number): Promise<number> {
    return this.#run(async (db) => {
      const first = db
        .select({ id: auditLog.id, at: auditLog.at })
        .from(auditLog)
        .orderBy(asc(auditLog.id))
        .limit(limit)
        .as('first');
      const old = db.select({ id: first.id }).from(first).where(lt(first.at, before));
      const { rowCount } = await db.delete(auditLog).where(inArray(auditLog.id, old));
      return rowCount ?? 0;
    });
  }
}

function matching({ action, object }: AuditFilter): SQL | undefined {
  return and(
    action === null ? undefined : eq(auditLog.action, action),
    object === null ? undefined : eq(auditLog.object, object),
  );
}
