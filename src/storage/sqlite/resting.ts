import { and, eq, ne, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import {
  inherited,
  keeperOf,
  LOGIN_UNDER_WAY,
  type Rest,
  restOf,
  settling,
  type Yielding,
  yieldingOf,
} from '../../intake/auth_key_owner.js';
import type { LoginRows } from './login_rows.js';
import { sessions } from './schema.js';
import type { SessionRow, SessionRows } from './session_rows.js';

/**
 * Where sessions come to rest, and which of several files with one auth key is leasable: the one that has
 * the key already, else the one registered first; none while a login with that key is under way. One
 * that is missing has no claim to it.
 */
export class Resting {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;
  readonly #logins: LoginRows;
  readonly #owner;

  constructor(db: BetterSQLite3Database, rows: SessionRows, logins: LoginRows) {
    this.#db = db;
    this.#rows = rows;
    this.#logins = logins;
    const keyed = eq(sessions.authKeySha256, sql.placeholder('key'));
    this.#owner = db
      .select()
      .from(sessions)
      .where(and(keyed, ne(sessions.id, sql.placeholder('id')), ne(sessions.state, 'missing')))
      .orderBy(sql`${sessions.rest} = 'duplicate'`, sessions.id)
      .limit(1)
      .prepare();
  }

  /** Where a file that was not known before comes to rest. */
  ofNew(key: Buffer | null, dead: string | null): Rest {
    return restOf({ dead, inactive: false, twin: this.#twinOf(key, 0, 'anybody') });
  }

  /**
   * Works out where the row rests now and, if nothing holds it, puts it there. `gained`: it has this auth
   * key only now, so that a row that has it already comes before it.
   */
  settle(row: SessionRow, facts: { dead: string | null; gained: boolean }, now: number): SessionRow {
    const twin = this.#twinOf(row.authKeySha256, row.id, yieldingOf(row, facts.gained));
    const rest = restOf({ dead: facts.dead, inactive: row.inactive, twin });
    const change = settling(row, rest, facts.gained, now);
    if (!change) return row;
    const resting = this.mark(row, rest, now);
    return this.#rows.happen(resting, change.event, change.changes, change.entry) ?? resting;
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
    const heir = this.#inherit(former.authKeySha256, former, now);
    const change = inherited(former, now);
    if (heir && change) this.#rows.happen(heir, change.event, change.changes, change.entry);
  }

  /** A login with this auth key was given up: the first of the files with that key becomes leasable. */
  loginOver(key: Buffer | null, now: number): void {
    this.#inherit(key, { id: 0, name: LOGIN_UNDER_WAY }, now);
  }

  /** The heir as it is now; null: there is none. */
  #inherit(key: Buffer | null, former: Pick<SessionRow, 'id' | 'name'>, now: number): SessionRow | null {
    const heir = this.#logins.has(key) ? undefined : this.#ownerOf(key, former.id);
    if (heir?.rest !== 'duplicate') return null;
    const rest = restOf({ dead: null, inactive: heir.inactive, twin: null });
    const detail = `it has the auth key of ${former.name} for itself`;
    const entry = { at: now, event: rest.rest, detail };
    const marked = this.mark(heir, rest, now);
    return this.#rows.happen(marked, 'settle', { stateReason: rest.restReason }, entry) ?? marked;
  }

  /** Who has the auth key before this row. */
  #twinOf(key: Buffer | null, id: number, yielding: Yielding): string | null {
    if (this.#logins.has(key)) return LOGIN_UNDER_WAY;
    return keeperOf(this.#ownerOf(key, id), yielding);
  }

  #ownerOf(key: Buffer | null, except: number): SessionRow | undefined {
    return key ? this.#owner.get({ key, id: except }) : undefined;
  }
}
