import { deadByFile } from '../../intake/auth_key_owner.js';
import { digest, sameDigest } from '../../kernel/digests.js';
import { MAX_PENDING_LOGINS, storedLogin } from '../../logins/rules.js';
import type { AddOutcome, PendingLogin } from '../../logins/store.js';
import { isHeld } from '../../pool/session_state.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { AuthKeyOwners } from './auth_key_owners.js';
import { LoginConflicts } from './login_conflicts.js';
import { LoginRows } from './login_rows.js';

/** As `LoginStore.add`. The transaction holds the lock `identities`. */
export async function addLogin(
  unit: UnitOfWork,
  login: PendingLogin,
  claimedUntil: number | null,
  now: number,
): Promise<AddOutcome> {
  const logins = new LoginRows(unit);
  if ((await logins.underWay(now)) >= MAX_PENDING_LOGINS) return { kind: 'too_many' };
  const { id, phoneNumber, authKeySha256, sessionName } = login;
  const wanted = { name: sessionName, phoneNumber, authKeySha256, loginId: id, replaces: null };
  const taken = await new LoginConflicts(unit).ofAccount(wanted);
  if (taken) return taken;
  const own = await registered(unit, login, now);
  if (own && isHeld(own)) return { kind: 'auth_key_taken', sessionId: own.id, sessionName: own.name };
  await logins.add(storedLogin(login, claimedUntil, now));
  if (own) await setAside(unit, own, now);
  return { kind: 'added' };
}

/** The session with exactly this login's name and auth key, locked. */
async function registered(
  unit: UnitOfWork,
  login: PendingLogin,
  now: number,
): Promise<SessionRow | undefined> {
  const { sessionName } = login;
  const key = digest(login.authKeySha256);
  const row = sessionName === null || key === null ? undefined : await unit.byName(sessionName, now);
  return row && sameDigest(row.authKeySha256, key) ? row : undefined;
}

/** It must not be leased while the login uses its auth key. */
async function setAside(unit: UnitOfWork, row: SessionRow, now: number): Promise<void> {
  if (row.baseState === 'missing') return;
  await new AuthKeyOwners(unit).reconcile(row, { dead: deadByFile(row), keyChanged: false }, now);
}
