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
import { LoginConflicts } from './login_conflicts.js';
import { LoginRows } from './login_rows.js';
import { SessionFiles } from './session_files.js';
import { sessionRecord } from './session_record.js';

/** Turns a login into a session. Its transaction holds the lock `identities`. */
export class LoginSaving {
  readonly #unit: UnitOfWork;
  readonly #logins: LoginRows;

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
    this.#logins = new LoginRows(unit);
  }

  /** As `LoginStore.save`. */
  async save(id: string, session: NewSession, now: number): Promise<SaveOutcome> {
    const login = liveLogin(await this.#logins.locked(id), now);
    if (!login) return { kind: 'unknown' };
    if (login.stage === 'saved') return this.#savedBefore(login, now);
    const { replaces } = session;
    const found = foundByLogin(session.found, login);
    const taken = await new LoginConflicts(this.#unit).of({ ...found, loginId: id, replaces });
    if (taken) return taken;
    const replaced = replaces === null ? undefined : await this.#unit.byId(replaces, now);
    const before = (await this.#unit.byName(found.name, now)) ?? replaced;
    if (before && wouldLoseItsKey(before, found)) return { kind: 'in_use' };
    const row = await this.#put(login, { ...session, found }, replaced, now);
    await this.#logins.write(id, { sessionId: row.id });
    return { kind: 'saved', session: sessionRecord(row) };
  }

  async #put(
    login: StoredLogin,
    session: NewSession,
    replaced: SessionRow | undefined,
    now: number,
  ): Promise<SessionRow> {
    const { found, proxyId } = session;
    // First, so that the auth key belongs to the session when its base state is computed.
    await this.#logins.write(login.id, LOGIN_SAVED);
    const change = { kind: 'put', found, renameOf: replaced?.name ?? null, proxyId } as const;
    await new SessionFiles(this.#unit).put(change, now);
    const row = await this.#unit.byName(found.name, now);
    if (!row) throw new Error(`no row was inserted for ${found.name}`);
    const given = givenByLogin(session, row.id === replaced?.id, now);
    const { sessions } = this.#unit.tables;
    await this.#unit.db.update(sessions).set(given).where(eq(sessions.id, row.id));
    return this.#revive({ ...row, ...given }, now);
  }

  async #revive(row: SessionRow, now: number): Promise<SessionRow> {
    const change = revival(row, now);
    if (change === null) return row;
    return (await this.#unit.applyEvent(row, change.event, change.changes, change.entry)) ?? row;
  }

  async #savedBefore({ sessionId }: StoredLogin, now: number): Promise<SaveOutcome> {
    const row = sessionId === null ? undefined : await this.#unit.byId(sessionId, now);
    return row ? { kind: 'saved', session: sessionRecord(row) } : { kind: 'unknown' };
  }
}
