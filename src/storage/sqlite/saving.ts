import { eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { NewSession, SaveOutcome } from '../../logins/store.js';
import type { Deadlines } from './deadlines.js';
import { digest, sameDigest } from './digests.js';
import type { FileRows } from './file_rows.js';
import type { LoginRow, LoginRows } from './login_rows.js';
import type { Obstacles } from './obstacles.js';
import { sessions } from './schema.js';
import { sessionRecord } from './session_record.js';
import { isHeld, type SessionRow, type SessionRows } from './session_rows.js';

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
    const found = { ...session.found, phoneNumber: session.found.phoneNumber ?? login.phoneNumber };
    const taken = obstacles.of({ ...found, loginId: id, replaces });
    if (taken) return taken;
    const replaced = replaces === null ? undefined : rows.byId(replaces);
    const before = rows.byName(found.name) ?? replaced;
    const rekeyed = !sameDigest(before?.authKeySha256 ?? null, digest(found.authKeySha256));
    if (before && isHeld(before) && rekeyed) return { kind: 'in_use' };
    const row = this.#put(login, { ...session, found }, replaced, now);
    logins.write(id, { sessionId: row.id });
    return { kind: 'saved', session: sessionRecord(row) };
  }

  #put(login: LoginRow, session: NewSession, replaced: SessionRow | undefined, now: number): SessionRow {
    const { db, rows, logins, files } = this.#parts;
    const { found, proxyId, apiHash } = session;
    const over = {
      stage: 'saved',
      secret: '',
      authKeySha256: null,
      inDoubt: false,
      claimedUntil: null,
    } as const;
    logins.write(login.id, over);
    files.put({ kind: 'put', found, renameOf: replaced?.name ?? null, proxyId }, now);
    const row = rows.byName(found.name);
    if (!row) throw new Error(`no row was made of ${found.name}`);
    const given = {
      ...(row.id === replaced?.id ? {} : { proxyId }),
      ...(apiHash === null ? {} : { apiHash }),
    };
    const changes = { ...given, lastCheckedAt: now, updatedAt: now };
    db.update(sessions).set(changes).where(eq(sessions.id, row.id)).run();
    return this.#revive({ ...row, ...changes }, now);
  }

  /** Telegram has just let it in: what was said of the auth key before is over. */
  #revive(row: SessionRow, now: number): SessionRow {
    if (row.state !== 'invalid' && row.state !== 'dead') return row;
    if (row.rest === 'dead') return row;
    const occasion = { at: now, event: 'restored', detail: 'it was logged in anew' };
    return this.#parts.rows.happen(row, 'restore', { suspectedAt: null }, occasion) ?? row;
  }

  #savedBefore({ sessionId }: LoginRow): SaveOutcome {
    const row = sessionId === null ? undefined : this.#parts.rows.byId(sessionId);
    return row ? { kind: 'saved', session: sessionRecord(row) } : { kind: 'unknown' };
  }
}
