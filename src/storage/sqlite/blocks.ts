import { eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type Caller, fence } from '../../pool/fencing.js';
import { INVALIDATED_UNTIL } from '../../pool/states.js';
import { type Block, type BlockOutcome, type Flood, SUSPICION_SECONDS } from '../../pool/store.js';
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
    const row = this.#rows.byId(sessionId);
    if (!row) return { kind: 'unknown' };
    const verdict = fence(row, caller);
    if (verdict !== 'allowed') return { kind: verdict };
    if (block.kind === 'none') return blocked(row);
    if (block.kind === 'flood') return this.flood(row, block, caller, now);
    const by = { at: now, holder: caller.holder };
    if (block.kind === 'invalidate') return this.#invalidate(row, block.reason, by);
    const knownSuspect = row.suspectedAt !== null && now - row.suspectedAt < SUSPICION_SECONDS * 1000;
    if (block.kind === 'suspect' && !knownSuspect) {
      const suspected = this.#rows.write(row, { suspectedAt: now });
      this.#rows.note(row, { ...by, event: 'suspected', detail: block.reason });
      return blocked(suspected);
    }
    const changes = { stateReason: block.reason, stateUntil: null };
    const dead = this.#rows.happen(row, 'die', changes, { ...by, event: 'died', detail: block.reason });
    return blocked(dead ?? row);
  }

  /** Floods the session or one of its methods; a wait that ends later than the new one stands. */
  flood(row: SessionRow, flood: Flood, caller: Caller, now: number): BlockOutcome {
    const until = now + flood.seconds * 1000;
    const occasion = { at: now, holder: caller.holder, detail: `${flood.seconds} s` };
    if (flood.method !== null) {
      const detail = `${flood.method}: ${flood.seconds} s`;
      this.#addMethod.run({ id: row.id, method: flood.method, until });
      this.#rows.expect(until);
      if (row.limited === 0) this.#rows.write(row, { limited: 1 });
      this.#rows.note(row, { ...occasion, event: 'method_flooded', detail });
      return { kind: 'blocked', state: row.state, until };
    }
    const stateUntil = row.state === 'flood' ? Math.max(until, row.stateUntil ?? 0) : until;
    const changes = { stateUntil, stateReason: 'flood wait', lastUsedAt: now };
    const flooded = this.#rows.happen(row, 'flood', changes, { ...occasion, event: 'flooded' });
    return flooded ? blocked(flooded) : { kind: 'blocked', state: row.state, until };
  }

  /** Ends every method's flood wait; the row as it is then, the same one if there was none. */
  lift(row: SessionRow): SessionRow {
    if (row.limited === 0) return row;
    this.#dropMethods.run({ id: row.id });
    return this.#rows.write(row, { limited: 0 });
  }

  #invalidate(row: SessionRow, reason: string | null, by: { at: number; holder: string }): BlockOutcome {
    const changes = { stateUntil: INVALIDATED_UNTIL, stateReason: reason ?? 'invalidated' };
    const occasion = { ...by, event: 'invalidated', detail: reason };
    return blocked(this.#rows.happen(row, 'invalidate', changes, occasion) ?? row);
  }
}

function blocked(row: SessionRow): BlockOutcome {
  return { kind: 'blocked', state: row.state, until: row.stateUntil };
}
