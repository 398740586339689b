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
import { isReserved } from './login_rows.js';

/**
 * What keeps a login from becoming a session: a taken name, phone number or auth key; null: nothing does. The result
 * holds until the end of a transaction with the lock `identities`; without it, it may be outdated.
 */
export async function loginConflict(unit: UnitOfWork, wanted: Wanted): Promise<Taken | null> {
  const { name } = wanted;
  const named = name === null ? undefined : (await sessionsNamed(unit, name)).find(conflictsWith(wanted));
  return named ? conflictOf('name_taken', named) : accountConflict(unit, wanted);
}

/** As `loginConflict`, ignoring the name. */
export async function accountConflict(unit: UnitOfWork, wanted: Wanted): Promise<Taken | null> {
  const { phoneNumber, authKeySha256, loginId } = wanted;
  const { sessions } = unit.tables;
  const isOther = conflictsWith(wanted);
  const alive = and(ne(sessions.state, 'dead'), ne(sessions.baseState, 'dead'));
  const phoned = phoneNumber === null ? undefined : and(eq(sessions.phoneNumber, phoneNumber), alive);
  const ofPhone = phoned && (await sessionsWhere(unit, phoned)).find(isOther);
  if (ofPhone) return conflictOf('phone_taken', ofPhone);
  const key = digest(authKeySha256);
  if (key === null) return null;
  const keyed = (await sessionsWhere(unit, eq(sessions.authKeySha256, key))).find(isOther);
  if (keyed) return conflictOf('auth_key_taken', keyed);
  return (await isReserved(unit, key, loginId)) ? CONFLICT_WITH_LOGIN : null;
}

/** The sessions with this name, ignoring case. */
export function sessionsNamed(unit: UnitOfWork, name: string): Promise<OtherSession[]> {
  return sessionsWhere(unit, eq(unit.tables.sessions.foldedName, foldName(name)));
}

function sessionsWhere({ db, tables: { sessions } }: UnitOfWork, condition: SQL): Promise<OtherSession[]> {
  const { id, name, authKeySha256: key } = sessions;
  const found = db.select({ id, name, key }).from(sessions).where(condition);
  return found.orderBy(asc(id)).limit(MAX_CANDIDATES);
}
