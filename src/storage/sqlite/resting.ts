import { and, eq, ne, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { restOf } from '../../intake/rest.js';
import type { PoolEvent, RestState, State } from '../../pool/states.js';
import { sessions } from './schema.js';
import type { SessionRow, SessionRows } from './session_rows.js';

export interface Rest {
  readonly rest: RestState;
  readonly restReason: string | null;
}

/** States that Telegram put an account in: whoever gets its auth key gets them too. */
const OF_THE_ACCOUNT: Partial<Record<State, PoolEvent>> = {
  flood: 'flood',
  invalid: 'invalidate',
  dead: 'die',
};

/**
 * Where sessions come to rest, and which of several files with one auth key is leasable: the one that has
 * the key already, else the one registered first.
 */
export class Resting {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;
  readonly #owner;

  constructor(db: BetterSQLite3Database, rows: SessionRows) {
    this.#db = db;
    this.#rows = rows;
    this.#owner = db
      .select()
      .from(sessions)
      .where(and(eq(sessions.authKeySha256, sql.placeholder('key')), ne(sessions.id, sql.placeholder('id'))))
      .orderBy(sql`${sessions.rest} = 'duplicate'`, sessions.id)
      .limit(1)
      .prepare();
  }

  /** Where a file that was not known before comes to rest. */
  ofNew(key: Buffer | null, dead: string | null): Rest {
    return restOf({ dead, inactive: false, twin: this.#ownerOf(key, 0)?.name ?? null });
  }

  /**
   * Works out where the row rests now and, if nothing holds it, puts it there. `gained`: it has this auth
   * key only now, so that a row that has it already comes before it.
   */
  settle(row: SessionRow, facts: { dead: string | null; gained: boolean }, now: number): SessionRow {
    const contends = facts.gained || row.rest === 'duplicate';
    const owner = contends ? this.#ownerOf(row.authKeySha256, row.id) : undefined;
    const rest = restOf({ dead: facts.dead, inactive: row.inactive, twin: owner?.name ?? null });
    const wasDead = row.rest === 'dead' && rest.rest !== 'dead';
    const event = facts.gained || wasDead ? 'rekey' : 'settle';
    if (event === 'settle' && rest.rest === row.rest && rest.restReason === row.restReason) return row;
    const resting = this.mark(row, rest, now);
    const occasion = { at: now, event: rest.rest, detail: rest.restReason };
    const changes = { stateReason: rest.restReason, suspectedAt: null };
    return this.#rows.happen(resting, event, changes, occasion) ?? resting;
  }

  /** Says where the row comes to rest, and leaves it where it is. */
  mark(row: SessionRow, rest: Rest, now: number): SessionRow {
    this.#db
      .update(sessions)
      .set({ ...rest, updatedAt: now })
      .where(eq(sessions.id, row.id))
      .run();
    return { ...row, ...rest };
  }

  /** `former` has lost its auth key, or is gone: the first of the others with that key becomes leasable. */
  passOn(former: SessionRow, now: number): void {
    if (former.rest === 'duplicate') return;
    const heir = this.#ownerOf(former.authKeySha256, former.id);
    if (heir?.rest !== 'duplicate') return;
    const rest = restOf({ dead: null, inactive: heir.inactive, twin: null });
    const occasion = {
      at: now,
      event: rest.rest,
      detail: `it has the auth key of ${former.name} for itself`,
    };
    const changes = { stateReason: rest.restReason };
    const marked = this.mark(heir, rest, now);
    const settled = this.#rows.happen(marked, 'settle', changes, occasion) ?? marked;
    const event = OF_THE_ACCOUNT[former.state];
    if (!event) return;
    const { stateReason, stateUntil } = former;
    this.#rows.happen(
      settled,
      event,
      { stateReason, stateUntil },
      { at: now, event: former.state, detail: stateReason },
    );
  }

  #ownerOf(key: Buffer | null, except: number): SessionRow | undefined {
    return key ? this.#owner.get({ key, id: except }) : undefined;
  }
}

/** Why the row's own file is dead, from what the row says; null: it is not. */
export function deadByFile(row: SessionRow): string | null {
  return row.rest === 'dead' ? row.restReason : null;
}
