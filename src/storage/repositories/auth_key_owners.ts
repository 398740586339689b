import { and, eq, ne, sql } from 'drizzle-orm';
import {
  baseStateChange,
  baseStateOf,
  duplicateOf,
  LOGIN_UNDER_WAY,
  type StoredBaseState,
  successorChange,
  type YieldsTo,
  yieldsTo,
} from '../../intake/auth_key_owner.js';
import type { ConditionColumns } from '../../pool/account_condition.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { isReserved } from './login_rows.js';

type Owner = Pick<SessionRow, 'id' | 'name' | 'baseState'>;

/**
 * The base states of sessions, and which of several files with one auth key is leasable: the one that already owns
 * the key, else the one added first; none while a login with that key is pending. A missing one has no claim. Its
 * transaction holds the lock `identities`.
 */
export class AuthKeyOwners {
  readonly #unit: UnitOfWork;

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
  }

  /** The base state of a new file. */
  async ofNew(key: Buffer | null, dead: string | null): Promise<StoredBaseState> {
    return baseStateOf({ dead, inactive: false, duplicateOf: await this.#originalOf(key, 0, 'anybody') });
  }

  /**
   * Computes the row's base state and, if nothing holds it, applies it. `keyChanged`: it has this auth key only now,
   * so a row that already has it takes precedence. `recordedAs`: the event in the history, whether the state changes or
   * not.
   */
  async reconcile(
    row: SessionRow,
    facts: { readonly dead: string | null; readonly keyChanged: boolean; readonly recordedAs?: string },
    now: number,
  ): Promise<SessionRow> {
    const original = await this.#originalOf(row.authKeySha256, row.id, yieldsTo(row, facts.keyChanged));
    const base = baseStateOf({ dead: facts.dead, inactive: row.inactive, duplicateOf: original });
    const change = baseStateChange(row, base, facts.keyChanged, now);
    const { recordedAs } = facts;
    const marked = change === null ? row : await this.mark(row, base, now);
    const entry = change && { ...change.entry, ...(recordedAs && { event: recordedAs }) };
    const after =
      change && entry && (await this.#unit.applyEvent(marked, change.event, change.changes, entry));
    if (!after && recordedAs) this.#unit.record(marked, { at: now, event: recordedAs });
    return after ?? marked;
  }

  /** Records the row's base state without changing its current state. */
  async mark(row: SessionRow, base: StoredBaseState, now: number): Promise<SessionRow> {
    const changes = { ...base, updatedAt: now };
    const { db, tables } = this.#unit;
    await db.update(tables.sessions).set(changes).where(eq(tables.sessions.id, row.id));
    return { ...row, ...changes };
  }

  /** `former` has lost its auth key, or is gone: the first other one with that key becomes leasable. */
  async passOn(former: SessionRow, now: number): Promise<void> {
    if (former.baseState === 'duplicate') return;
    const successor = await this.#inherit(former.authKeySha256, former, now);
    const change = successor && successorChange(former, now);
    if (successor && change)
      await this.#unit.applyEvent(successor, change.event, change.changes, change.entry);
  }

  /** A login with this auth key was cancelled: the first file with that key becomes leasable. */
  async loginOver(key: Buffer | null, now: number): Promise<void> {
    await this.#inherit(key, { id: 0, name: LOGIN_UNDER_WAY }, now);
  }

  /** A frozen or limited account stays so, whichever file has its auth key. */
  async #takeOverCondition(
    row: SessionRow,
    { condition, conditionDetail }: Partial<ConditionColumns>,
  ): Promise<SessionRow> {
    if (condition === undefined || conditionDetail === undefined) return row;
    return this.#unit.write(row, { condition, conditionDetail });
  }

  /** The updated successor; null: there is none. */
  async #inherit(
    key: Buffer | null,
    former: Pick<SessionRow, 'id' | 'name'> & Partial<ConditionColumns>,
    now: number,
  ): Promise<SessionRow | null> {
    const owner = (await isReserved(this.#unit, key)) ? undefined : await this.#ownerOf(key, former.id);
    const successor = owner && (await this.#unit.byId(owner.id, now));
    if (successor?.baseState !== 'duplicate') return null;
    const base = baseStateOf({ dead: null, inactive: successor.inactive, duplicateOf: null });
    const detail = `it took over the auth key of ${former.name}`;
    const marked = await this.mark(await this.#takeOverCondition(successor, former), base, now);
    const entry = { at: now, event: base.baseState, detail };
    return (
      (await this.#unit.applyEvent(marked, 'reconcile', { stateReason: base.baseStateReason }, entry)) ??
      marked
    );
  }

  /** The name of what owns the auth key before this row; null: nothing does. */
  async #originalOf(key: Buffer | null, id: number, yields: YieldsTo): Promise<string | null> {
    if (await isReserved(this.#unit, key)) return LOGIN_UNDER_WAY;
    return duplicateOf(await this.#ownerOf(key, id), yields);
  }

  async #ownerOf(key: Buffer | null, except: number): Promise<Owner | undefined> {
    if (key === null) return undefined;
    const owner = this.#unit.prepared('auth key owner', ({ db, tables: { sessions } }) => {
      const { id, name, baseState, state, authKeySha256 } = sessions;
      const keyed = and(eq(authKeySha256, sql.placeholder('key')), ne(id, sql.placeholder('except')));
      return db
        .select({ id, name, baseState })
        .from(sessions)
        .where(and(keyed, ne(state, 'missing')))
        .orderBy(sql`${baseState} = 'duplicate'`, id)
        .limit(1);
    });
    const [found] = await owner.execute({ key, except });
    return found;
  }
}
