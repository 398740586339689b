import { and, eq, ne, sql } from 'drizzle-orm';
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
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { LoginRows } from './login_rows.js';

type Owner = Pick<SessionRow, 'id' | 'name' | 'rest'>;

/**
 * Where sessions come to rest, and which of several files with one auth key is leasable: the one that has the
 * key already, else the one registered first; none while a login with that key is under way. One that is
 * missing has no claim to it. Its transaction has the lock `identities`.
 */
export class AuthKeyOwners {
  readonly #unit: UnitOfWork;
  readonly #logins: LoginRows;

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
    this.#logins = new LoginRows(unit);
  }

  /** Where a file that was not known before comes to rest. */
  async ofNew(key: Buffer | null, dead: string | null): Promise<Rest> {
    return restOf({ dead, inactive: false, twin: await this.#twinOf(key, 0, 'anybody') });
  }

  /**
   * Works out where the row rests now and, if nothing holds it, puts it there. `gained`: it has this auth
   * key only now, so that a row that has it already comes before it.
   */
  async settle(
    row: SessionRow,
    facts: { readonly dead: string | null; readonly gained: boolean },
    now: number,
  ): Promise<SessionRow> {
    const twin = await this.#twinOf(row.authKeySha256, row.id, yieldingOf(row, facts.gained));
    const rest = restOf({ dead: facts.dead, inactive: row.inactive, twin });
    const change = settling(row, rest, facts.gained, now);
    if (change === null) return row;
    const resting = await this.mark(row, rest, now);
    return (await this.#unit.applyEvent(resting, change.event, change.changes, change.entry)) ?? resting;
  }

  /** Says where the row comes to rest, and leaves it where it is. */
  async mark(row: SessionRow, rest: Rest, now: number): Promise<SessionRow> {
    const changes = { ...rest, updatedAt: now };
    const { db, tables } = this.#unit;
    await db.update(tables.sessions).set(changes).where(eq(tables.sessions.id, row.id));
    return { ...row, ...changes };
  }

  /** `former` has lost its auth key, or is gone: the first of the others with that key becomes leasable. */
  async passOn(former: SessionRow, now: number): Promise<void> {
    if (former.rest === 'duplicate') return;
    const heir = await this.#inherit(former.authKeySha256, former, now);
    const change = heir && inherited(former, now);
    if (heir && change) await this.#unit.applyEvent(heir, change.event, change.changes, change.entry);
  }

  /** A login with this auth key was given up: the first of the files with that key becomes leasable. */
  async loginOver(key: Buffer | null, now: number): Promise<void> {
    await this.#inherit(key, { id: 0, name: LOGIN_UNDER_WAY }, now);
  }

  /** The heir as it is now; null: there is none. */
  async #inherit(
    key: Buffer | null,
    former: Pick<SessionRow, 'id' | 'name'>,
    now: number,
  ): Promise<SessionRow | null> {
    const owner = (await this.#logins.has(key)) ? undefined : await this.#ownerOf(key, former.id);
    const heir = owner && (await this.#unit.byId(owner.id, now));
    if (heir?.rest !== 'duplicate') return null;
    const rest = restOf({ dead: null, inactive: heir.inactive, twin: null });
    const detail = `it has the auth key of ${former.name} for itself`;
    const marked = await this.mark(heir, rest, now);
    const entry = { at: now, event: rest.rest, detail };
    return (
      (await this.#unit.applyEvent(marked, 'reconcile', { stateReason: rest.restReason }, entry)) ?? marked
    );
  }

  /** Who has the auth key before this row. */
  async #twinOf(key: Buffer | null, id: number, yielding: Yielding): Promise<string | null> {
    if (await this.#logins.has(key)) return LOGIN_UNDER_WAY;
    return keeperOf(await this.#ownerOf(key, id), yielding);
  }

  async #ownerOf(key: Buffer | null, except: number): Promise<Owner | undefined> {
    if (key === null) return undefined;
    const { sessions } = this.#unit.tables;
    const [owner] = await this.#unit.db
      .select({ id: sessions.id, name: sessions.name, rest: sessions.rest })
      .from(sessions)
      .where(and(eq(sessions.authKeySha256, key), ne(sessions.id, except), ne(sessions.state, 'missing')))
      .orderBy(sql`${sessions.rest} = 'duplicate'`, sessions.id)
      .limit(1);
    return owner;
  }
}
