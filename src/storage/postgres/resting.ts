import { and, eq, ne, sql } from 'drizzle-orm';
import { restOf } from '../../intake/rest.js';
import { inherited, LOGIN_UNDER_WAY, type Rest, settling } from '../resting_rules.js';
import { pendingLogins, sessions } from './schema.js';
import type { SessionRow, Unit } from './unit.js';

/**
 * Where sessions come to rest, and which of several files with one auth key is leasable: the one that has the
 * key already, else the one registered first; none while a login with that key is under way. Its transaction
 * has the lock `identities`.
 */
export class Resting {
  readonly #unit: Unit;

  constructor(unit: Unit) {
    this.#unit = unit;
  }

  /** Where a file that was not known before comes to rest. */
  async ofNew(key: Buffer | null, dead: string | null): Promise<Rest> {
    return restOf({ dead, inactive: false, twin: await this.#twinOf(key, 0, true) });
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
    const contends = facts.gained || row.rest === 'duplicate';
    const twin = await this.#twinOf(row.authKeySha256, row.id, contends);
    const rest = restOf({ dead: facts.dead, inactive: row.inactive, twin });
    const change = settling(row, rest, facts.gained, now);
    if (change === null) return row;
    const resting = await this.mark(row, rest, now);
    return (await this.#unit.happen(resting, change.event, change.changes, change.occasion)) ?? resting;
  }

  /** Says where the row comes to rest, and leaves it where it is. */
  async mark(row: SessionRow, rest: Rest, now: number): Promise<SessionRow> {
    const changes = { ...rest, updatedAt: now };
    await this.#unit.db.update(sessions).set(changes).where(eq(sessions.id, row.id));
    return { ...row, ...changes };
  }

  /** `former` has lost its auth key, or is gone: the first of the others with that key becomes leasable. */
  async passOn(former: SessionRow, now: number): Promise<void> {
    if (former.rest === 'duplicate') return;
    const heir = await this.#inherit(former.authKeySha256, former, now);
    const change = heir && inherited(former, now);
    if (heir && change) await this.#unit.happen(heir, change.event, change.changes, change.occasion);
  }

  /** The heir as it is now; null: there is none. */
  async #inherit(key: Buffer | null, former: SessionRow, now: number): Promise<SessionRow | null> {
    const owner = (await this.#loginHas(key)) ? undefined : await this.#ownerOf(key, former.id);
    const heir = owner && (await this.#unit.byId(owner.id, now));
    if (heir?.rest !== 'duplicate') return null;
    const rest = restOf({ dead: null, inactive: heir.inactive, twin: null });
    const detail = `it has the auth key of ${former.name} for itself`;
    const marked = await this.mark(heir, rest, now);
    const occasion = { at: now, event: rest.rest, detail };
    return (await this.#unit.happen(marked, 'settle', { stateReason: rest.restReason }, occasion)) ?? marked;
  }

  /** Who has the auth key before this row; `contends`: another session may. */
  async #twinOf(key: Buffer | null, id: number, contends: boolean): Promise<string | null> {
    if (await this.#loginHas(key)) return LOGIN_UNDER_WAY;
    return contends ? ((await this.#ownerOf(key, id))?.name ?? null) : null;
  }

  async #loginHas(key: Buffer | null): Promise<boolean> {
    if (key === null) return false;
    const unsaved = and(eq(pendingLogins.authKeySha256, key), ne(pendingLogins.stage, 'saved'));
    const { db } = this.#unit;
    return (await db.select({ id: pendingLogins.id }).from(pendingLogins).where(unsaved).limit(1)).length > 0;
  }

  async #ownerOf(key: Buffer | null, except: number): Promise<{ id: number; name: string } | undefined> {
    if (key === null) return undefined;
    const [owner] = await this.#unit.db
      .select({ id: sessions.id, name: sessions.name })
      .from(sessions)
      .where(and(eq(sessions.authKeySha256, key), ne(sessions.id, except)))
      .orderBy(sql`${sessions.rest} = 'duplicate'`, sessions.id)
      .limit(1);
    return owner;
  }
}
