import { and, asc, eq, ne, type SQL } from 'drizzle-orm';
import { foldName } from '../../intake/names.js';
import { digest } from '../../kernel/digests.js';
import {
  CONFLICT_WITH_LOGIN,
  conflictOf,
  conflictsWith,
  MAX_CANDIDATES,
  type OtherSession,
  type Wanted,
} from '../../logins/rules.js';
import type { Taken } from '../../logins/store.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { LoginRows } from './login_rows.js';

/**
 * What keeps a login from becoming a session: a taken name, phone number or auth key. The result holds until the end
 * of a transaction with the lock `identities`; without it, it may be outdated.
 */
export class LoginConflicts {
  readonly #unit: UnitOfWork;

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
  }

  /** A session other than `except` with this name, ignoring case. */
  async named(name: string, except: number): Promise<Pick<OtherSession, 'id' | 'name'> | undefined> {
    const { sessions } = this.#unit.tables;
    return (await this.#found(eq(sessions.foldedName, foldName(name)))).find(({ id }) => id !== except);
  }

  /** The first conflict; null: there is none. */
  async of(wanted: Wanted): Promise<Taken | null> {
    const { name } = wanted;
    const { sessions } = this.#unit.tables;
    const bearing = name === null ? [] : await this.#found(eq(sessions.foldedName, foldName(name)));
    const named = bearing.find(conflictsWith(wanted));
    return named ? conflictOf('name_taken', named) : this.ofAccount(wanted);
  }

  /** As `of`, ignoring the name. */
  async ofAccount(wanted: Wanted): Promise<Taken | null> {
    const { phoneNumber, authKeySha256, loginId } = wanted;
    const isOther = conflictsWith(wanted);
    const phoned = phoneNumber === null ? undefined : (await this.#ofPhone(phoneNumber)).find(isOther);
    if (phoned) return conflictOf('phone_taken', phoned);
    const key = digest(authKeySha256);
    if (key === null) return null;
    const { sessions } = this.#unit.tables;
    const keyed = (await this.#found(eq(sessions.authKeySha256, key))).find(isOther);
    if (keyed) return conflictOf('auth_key_taken', keyed);
    return (await new LoginRows(this.#unit).has(key, loginId)) ? CONFLICT_WITH_LOGIN : null;
  }

  /** Of sessions that are not dead. */
  #ofPhone(phoneNumber: string): Promise<OtherSession[]> {
    const { sessions } = this.#unit.tables;
    const alive = and(ne(sessions.state, 'dead'), ne(sessions.baseState, 'dead'));
    return this.#found(and(eq(sessions.phoneNumber, phoneNumber), alive));
  }

  #found(condition: SQL | undefined): Promise<OtherSession[]> {
    const { sessions } = this.#unit.tables;
    return this.#unit.db
      .select({ id: sessions.id, name: sessions.name, key: sessions.authKeySha256 })
      .from(sessions)
      .where(condition)
      .orderBy(asc(sessions.id))
      .limit(MAX_CANDIDATES);
  }
}
