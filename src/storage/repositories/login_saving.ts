import { eq } from 'drizzle-orm';
import {
  foundByLogin,
  givenByLogin,
  LOGIN_SAVED,
  liveLogin,
  revival,
  type StoredLogin,
  wouldLoseItsKey,
} from '../../logins/rules.js';
import type { NewSession, SaveOutcome } from '../../logins/store.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { loginConflict } from './login_conflicts.js';
import { lockLogin, writeLogin } from './login_rows.js';
import { SessionFiles } from './session_files.js';
import { sessionRecord } from './session_record.js';

/** As `LoginStore.save`: turns a login into a session. The transaction holds the lock `identities`. */
export async function saveLogin(
  unit: UnitOfWork,
  id: string,
  session: NewSession,
  now: number,
): Promise<SaveOutcome> {
  const login = liveLogin(await lockLogin(unit, id), now);
  if (!login) return { kind: 'unknown' };
  if (login.stage === 'saved') return savedBefore(unit, login, now);
  const { replaces } = session;
  const found = foundByLogin(session.found, login);
  const taken = await loginConflict(unit, { ...found, loginId: id, replaces });
  if (taken) return taken;
  const replaced = replaces === null ? undefined : await unit.byId(replaces, now);
  const before = (await unit.byName(found.name, now)) ?? replaced;
  if (before && wouldLoseItsKey(before, found)) return { kind: 'in_use' };
  // First, so that the auth key belongs to the session when its base state is computed.
  await writeLogin(unit, id, LOGIN_SAVED);
  const row = await put(unit, { ...session, found }, replaced, now);
  await writeLogin(unit, id, { sessionId: row.id });
  return { kind: 'saved', session: sessionRecord(row) };
}

async function put(
  unit: UnitOfWork,
  session: NewSession,
  replaced: SessionRow | undefined,
  now: number,
): Promise<SessionRow> {
  const { found, proxyId } = session;
  const change = { kind: 'put', found, renameOf: replaced?.name ?? null, proxyId } as const;
  await new SessionFiles(unit).put(change, now);
  const row = await unit.byName(found.name, now);
  if (!row) throw new Error(`no row was inserted for ${found.name}`);
  const given = givenByLogin(session, row.id === replaced?.id, now);
  const { sessions } = unit.tables;
  await unit.db.update(sessions).set(given).where(eq(sessions.id, row.id));
  const after = { ...row, ...given };
  const revived = revival(after, now);
  return (revived && (await unit.applyEvent(after, revived.event, revived.changes, revived.entry))) ?? after;
}

async function savedBefore(unit: UnitOfWork, { sessionId }: StoredLogin, now: number): Promise<SaveOutcome> {
  const row = sessionId === null ? undefined : await unit.byId(sessionId, now);
  return row ? { kind: 'saved', session: sessionRecord(row) } : { kind: 'unknown' };
}
