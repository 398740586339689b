import { and, asc, eq, ne, type SQL } from 'drizzle-orm';
import { digest } from '../../digests.js';
import {
  ENOUGH,
  type Other,
  others,
  TAKEN_BY_LOGIN,
  taken,
  type Wanted,
} from '../../logins/login_conflicts.js';
import type { Taken } from '../../logins/store.js';
import { foldName } from '../folding.js';
import type { Db } from './connection.js';
import { LoginRows } from './login_rows.js';
import { sessions } from './schema.js';

/**
 * What keeps a login from becoming a session: a name, a phone number or an auth key that is taken. It stays so
 * until the end of a transaction that has the lock `identities`; without it, it was so a moment ago.
 */
export class Obstacles {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The first thing in the way; null: nothing is. */
  async of(wanted: Wanted): Promise<Taken | null> {
    const { name } = wanted;
    const bearing = name === null ? [] : await this.#found(eq(sessions.foldedName, foldName(name)));
    const named = bearing.find(others(wanted));
    return named ? taken('name_taken', named) : this.ofAccount(wanted);
  }

  /** As `of`, whatever the name. */
  async ofAccount(wanted: Wanted): Promise<Taken | null> {
    const { phoneNumber, authKeySha256, loginId } = wanted;
    const isOther = others(wanted);
    const phoned = phoneNumber === null ? undefined : (await this.#ofPhone(phoneNumber)).find(isOther);
    if (phoned) return taken('phone_taken', phoned);
    const key = digest(authKeySha256);
    if (key === null) return null;
    const keyed = (await this.#found(eq(sessions.authKeySha256, key))).find(isOther);
    if (keyed) return taken('auth_key_taken', keyed);
    return (await new LoginRows(this.#db).has(key, loginId)) ? TAKEN_BY_LOGIN : null;
  }

  /** Of sessions that are not dead. */
  #ofPhone(phoneNumber: string): Promise<Other[]> {
    const alive = and(ne(sessions.state, 'dead'), ne(sessions.rest, 'dead'));
    return this.#found(and(eq(sessions.phoneNumber, phoneNumber), alive));
  }

  #found(condition: SQL | undefined): Promise<Other[]> {
    return this.#db
      .select({ id: sessions.id, name: sessions.name, key: sessions.authKeySha256 })
      .from(sessions)
      .where(condition)
      .orderBy(asc(sessions.id))
      .limit(ENOUGH);
  }
}
