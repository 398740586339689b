import { eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { KeptLogin } from '../../logins/login_claims.js';
import {
  foundByLogin,
  givenByLogin,
  LOGIN_SAVED,
  revival,
  wouldLoseItsKey,
} from '../../logins/login_saved.js';
import type { NewSession, SaveOutcome } from '../../logins/store.js';
import type { Deadlines } from './deadlines.js';
import type { FileRows } from './file_rows.js';
import type { LoginRows } from './login_rows.js';
import type { Obstacles } from './obstacles.js';
import { sessions } from './schema.js';
import { sessionRecord } from './session_record.js';
import type { SessionRow, SessionRows } from './session_rows.js';

/** The parts of logins that share a database connection. */
export interface SavingParts {
  readonly db: BetterSQLite3Database;
  readonly rows: SessionRows;
  readonly logins: LoginRows;
  readonly files: FileRows;
  readonly deadlines: Deadlines;
  readonly obstacles: Obstacles;
}

/** Makes sessions of logins. */
export class Saving {
  readonly #parts: SavingParts;

  constructor(parts: SavingParts) {
    this.#parts = parts;
  }

  save(id: string, session: NewSession, now: number): SaveOutcome {
    const { rows, logins, deadlines, obstacles } = this.#parts;
    deadlines.pass(now);
    const login = logins.live(id, now);
    if (!login) return { kind: 'unknown' };
    if (login.stage === 'saved') return this.#savedBefore(login);
    const { replaces } = session;
    const found = foundByLogin(session.found, login);
    const taken = obstacles.of({ ...found, loginId: id, replaces });
    if (taken) return taken;
    const replaced = replaces === null ? undefined : rows.byId(replaces);
    const before = rows.byName(found.name) ?? replaced;
    if (before && wouldLoseItsKey(before, found)) return { kind: 'in_use' };
    const row = this.#put(login, { ...session, found }, replaced, now);
    logins.write(id, { sessionId: row.id });
    return { kind: 'saved', session: sessionRecord(row) };
  }

  #put(login: KeptLogin, session: NewSession, replaced: SessionRow | undefined, now: number): SessionRow {
    const { db, rows, logins, files } = this.#parts;
    const { found, proxyId } = session;
    logins.write(login.id, LOGIN_SAVED);
    files.put({ kind: 'put', found, renameOf: replaced?.name ?? null, proxyId }, now);
    const row = rows.byName(found.name);
    if (!row) throw new Error(`no row was made of ${found.name}`);
    const changes = givenByLogin(session, row.id === replaced?.id, now);
    db.update(sessions).set(changes).where(eq(sessions.id, row.id)).run();
    return this.#revive({ ...row, ...changes }, now);
  }

  #revive(row: SessionRow, now: number): SessionRow {
    const change = revival(row, now);
    if (!change) return row;
    return this.#parts.rows.happen(row, change.event, change.changes, change.entry) ?? row;
  }

  #savedBefore({ sessionId }: KeptLogin): SaveOutcome {
    const row = sessionId === null ? undefined : this.#parts.rows.byId(sessionId);
    return row ? { kind: 'saved', session: sessionRecord(row) } : { kind: 'unknown' };
  }
}
