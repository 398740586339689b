import { and, asc, eq, lte, min, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { conditionOver } from '../../pool/account_condition.js';
import { passedDeadline } from '../../pool/lease_decisions.js';
import type { State } from '../../pool/states.js';
import { MAX_EXPIRED_PER_CALL } from '../bounds.js';
import type { SessionRow } from '../tables.js';
import { methodFloods, sessions } from './schema.js';
import type { SessionRows } from './session_rows.js';

const AWAITED = ['leased', 'cooldown', 'flood', 'invalid', 'used_up'] as const satisfies readonly State[];

/** Applies the deadlines of leases, cool-downs and flood waits. */
export class Deadlines {
  readonly #rows: SessionRows;
  readonly #due;
  readonly #next;
  readonly #dueMethods;
  readonly #nextMethod;
  readonly #dropMethod;
  readonly #methodsLeft;

  constructor(db: BetterSQLite3Database, rows: SessionRows) {
    this.#rows = rows;
    const state = eq(sessions.state, sql.placeholder('state'));
    this.#due = db
      .select()
      .from(sessions)
      .where(and(state, lte(sessions.stateUntil, sql.placeholder('now'))))
      .orderBy(asc(sessions.stateUntil))
      .limit(sql.placeholder('limit'))
      .prepare();
    this.#next = db
      .select({ until: min(sessions.stateUntil) })
      .from(sessions)
      .where(and(state, sql`${sessions.stateUntil} IS NOT NULL`))
      .prepare();
    this.#dueMethods = db
      .select()
      .from(methodFloods)
      .where(lte(methodFloods.until, sql.placeholder('now')))
      .limit(sql.placeholder('limit'))
      .prepare();
    this.#nextMethod = db
      .select({ until: min(methodFloods.until) })
      .from(methodFloods)
      .prepare();
    const ofSession = eq(methodFloods.sessionId, sql.placeholder('id'));
    this.#dropMethod = db
      .delete(methodFloods)
      .where(and(ofSession, eq(methodFloods.method, sql.placeholder('method'))))
      .prepare();
    this.#methodsLeft = db
      .select({ id: methodFloods.sessionId })
      .from(methodFloods)
      .where(ofSession)
      .limit(1)
      .prepare();
  }

  /** Applies what has expired by `now`; costs nothing while the next deadline is in the future. */
  applyExpired(now: number, limit: number = MAX_EXPIRED_PER_CALL): number {
    if (now < this.#rows.nextDeadline) return 0;
    this.#rows.nextDeadline = Number.POSITIVE_INFINITY;
    let done = 0;
    for (const state of AWAITED) {
      const due = this.#due.all({ state, now, limit });
      for (const row of due) this.#carryOut(row, now);
      done += due.length;
    }
    done += this.#passMethods(now, limit);
    for (const state of AWAITED) this.#rows.expect(this.next(state));
    this.#rows.expect(this.nextMethodFloodEnd());
    return done;
  }

  /** The session in its state at `now`, even if its deadline has not been applied yet. */
  byId(id: number, now: number): SessionRow | undefined {
    return this.#current(this.#rows.rowOf(id), now);
  }

  /** As `byId`, by name. */
  byName(name: string, now: number): SessionRow | undefined {
    return this.#current(this.#rows.rowNamed(name), now);
  }

  /** When the first session in this state leaves it; null: unknown. */
  next(state: State): number | null {
    return this.#next.get({ state })?.until ?? null;
  }

  nextMethodFloodEnd(): number | null {
    return this.#nextMethod.get()?.until ?? null;
  }

  #current(row: SessionRow | undefined, now: number): SessionRow | undefined {
    return row && (this.#carryOut(row, now) ?? row);
  }

  /** Null: no deadline of the row has passed. */
  #carryOut(row: SessionRow, now: number): SessionRow | null {
    const due = passedDeadline(row, now);
    return due && this.#rows.applyEvent(row, due.event, due.changes, due.entry);
  }

  #passMethods(now: number, limit: number): number {
    const due = this.#dueMethods.all({ now, limit });
    for (const { sessionId, method } of due) {
      this.#dropMethod.run({ id: sessionId, method });
      const row = this.#rows.rowOf(sessionId);
      if (!row) continue;
      const left = this.#methodsLeft.get({ id: sessionId }) !== undefined;
      const after = this.#rows.write(row, { methodFlooded: left, ...conditionOver(row, now) });
      if (after.condition !== row.condition) this.#rows.record(after, { at: now, event: 'alive' });
    }
    return due.length;
  }
}
