import { and, asc, eq, ne, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
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
import type { LoginRows } from './login_rows.js';
import { sessions } from './schema.js';

/** What keeps a login from becoming a session: a name, a phone number or an auth key that is taken. */
export class Obstacles {
  readonly #logins: LoginRows;
  readonly #byName;
  readonly #byPhone;
  readonly #byKey;

  constructor(db: BetterSQLite3Database, logins: LoginRows) {
    this.#logins = logins;
    const select = () =>
      db.select({ id: sessions.id, name: sessions.name, key: sessions.authKeySha256 }).from(sessions);
    const alive = and(ne(sessions.state, 'dead'), ne(sessions.rest, 'dead'));
    const by = sql.placeholder('by');
    this.#byName = select()
      .where(eq(sessions.foldedName, by))
      .orderBy(asc(sessions.id))
      .limit(ENOUGH)
      .prepare();
    this.#byPhone = select()
      .where(and(eq(sessions.phoneNumber, by), alive))
      .orderBy(asc(sessions.id))
      .limit(ENOUGH)
      .prepare();
    this.#byKey = select()
      .where(eq(sessions.authKeySha256, by))
      .orderBy(asc(sessions.id))
      .limit(ENOUGH)
      .prepare();
  }

  /** A session other than `except` whose name differs from this one in case only, or not at all. */
  named(name: string, except: number): Pick<Other, 'id' | 'name'> | undefined {
    return this.#byName.all({ by: foldName(name) }).find(({ id }) => id !== except);
  }

  /** The first thing in the way; null: nothing is. */
  of(wanted: Wanted): Taken | null {
    const { name } = wanted;
    const named = name === null ? undefined : this.#byName.all({ by: foldName(name) }).find(others(wanted));
    return named ? taken('name_taken', named) : this.ofAccount(wanted);
  }

  /** As `of`, whatever the name. */
  ofAccount(wanted: Wanted): Taken | null {
    const { phoneNumber, authKeySha256, loginId } = wanted;
    const isOther = others(wanted);
    const phoned = phoneNumber === null ? undefined : this.#byPhone.all({ by: phoneNumber }).find(isOther);
    if (phoned) return taken('phone_taken', phoned);
    const key = digest(authKeySha256);
    const keyed = key === null ? undefined : this.#byKey.all({ by: key }).find(isOther);
    if (keyed) return taken('auth_key_taken', keyed);
    return this.#logins.has(key, loginId) ? TAKEN_BY_LOGIN : null;
  }
}
