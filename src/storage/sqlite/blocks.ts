import { eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { authorizeBlock, decideBlock } from '../../pool/block_decision.js';
import type { Caller, Relation } from '../../pool/lease_authorization.js';
import type { Block, BlockOutcome } from '../../pool/store.js';
import type { Deadlines } from './deadlines.js';
import { methodFloods } from './schema.js';
import type { SessionRow, SessionRows } from './session_rows.js';

/** Keeps sessions out of the pool: flood waits, invalidation, death. */
export class Blocks {
  readonly #rows: SessionRows;
  readonly #deadlines: Deadlines;
  readonly #addMethod;
  readonly #dropMethods;

  constructor(db: BetterSQLite3Database, rows: SessionRows, deadlines: Deadlines) {
    this.#rows = rows;
    this.#deadlines = deadlines;
    this.#addMethod = db
      .insert(methodFloods)
      .values({
        sessionId: sql.placeholder('id'),
        method: sql.placeholder('method'),
        until: sql.placeholder('until'),
      })
      .onConflictDoUpdate({
        target: [methodFloods.sessionId, methodFloods.method],
        set: { until: sql`max(${methodFloods.until}, excluded.until)` },
      })
      .prepare();
    this.#dropMethods = db
      .delete(methodFloods)
      .where(eq(methodFloods.sessionId, sql.placeholder('id')))
      .prepare();
  }

  block(sessionId: number, caller: Caller, block: Block, now: number): BlockOutcome {
    this.#deadlines.pass(now);
    const row = this.#deadlines.byId(sessionId, now);
    if (!row) return { kind: 'unknown' };
    const authorized = authorizeBlock(row, caller);
    if (authorized.kind !== 'allowed') return authorized;
    return this.carryOut(row, block, caller, authorized.as, now);
  }

  /** Blocks the session for a caller who may. */
  carryOut(row: SessionRow, block: Block, caller: Caller, as: Relation, now: number): BlockOutcome {
    const decision = decideBlock(row, block, caller, as, now);
    if (decision.kind === 'nothing') return blocked(row, as);
    if (decision.kind === 'event') {
      const { event, changes, entry, until } = decision;
      const after = this.#rows.happen(row, event, changes, entry);
      return after ? blocked(after, as) : { kind: 'blocked', state: row.state, until, as };
    }
    const { changes, entry, method } = decision;
    if (method) this.#floodMethod(row.id, method);
    const after = this.#rows.write(row, changes);
    this.#rows.note(after, entry);
    return method ? { kind: 'blocked', state: row.state, until: method.until, as } : blocked(after, as);
  }

  /** Ends every method's flood wait; the row as it is then, the same one if there was none. */
  lift(row: SessionRow): SessionRow {
    if (!row.limited) return row;
    this.#dropMethods.run({ id: row.id });
    return this.#rows.write(row, { limited: false });
  }

  #floodMethod(id: number, { name: method, until }: { readonly name: string; readonly until: number }): void {
    this.#addMethod.run({ id, method, until });
    this.#rows.expect(until);
  }
}

function blocked(row: SessionRow, as: Relation): BlockOutcome {
  return { kind: 'blocked', state: row.state, until: row.stateUntil, as };
}
