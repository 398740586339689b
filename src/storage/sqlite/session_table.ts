import type { Database } from 'better-sqlite3';
import { and, asc, eq, isNull, notExists, or, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Page } from '../../kernel/page.js';
import { isHeld } from '../../pool/session_state.js';
import type {
  NewName,
  RemoveOutcome,
  RenameOutcome,
  SessionEdit,
  SessionRecord,
  SessionStore,
} from '../../sessions/store.js';
import { foldName } from '../folding.js';
import type { Synchronous } from '../synchronous.js';
import type { Deadlines } from './deadlines.js';
import type { FileRows } from './file_rows.js';
import type { Obstacles } from './obstacles.js';
import { proxies, sessions } from './schema.js';
import { SessionFacts } from './session_facts.js';
import { sessionRecord } from './session_record.js';
import type { SessionRow, SessionRows } from './session_rows.js';
import { retag } from './session_tags.js';
import type { SourceReferences } from './source_references.js';
import { hasAllTags, tagValues } from './tag_scope.js';

/** The parts of sessions that share a database connection. */
export interface SessionParts {
  readonly sqlite: Database;
  readonly db: BetterSQLite3Database;
  readonly rows: SessionRows;
  readonly files: FileRows;
  readonly deadlines: Deadlines;
  readonly obstacles: Obstacles;
  readonly references: SourceReferences;
}

type Facts = Synchronous<SessionStore>;

/** The sessions as admins see them, in SQLite. */
export class SessionTable implements Synchronous<SessionStore> {
  readonly #parts: SessionParts;
  readonly #page;
  readonly #ofPhone;
  readonly checked: Facts['checked'];
  readonly unchecked: Facts['unchecked'];
  readonly apiHashes: Facts['apiHashes'];
  readonly saveApiHash: Facts['saveApiHash'];
  readonly credentials: Facts['credentials'];
  readonly keptCredentials: Facts['keptCredentials'];
  readonly replaceCredentials: Facts['replaceCredentials'];

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { sqlite, db, rows } = parts;
    const facts = new SessionFacts(sqlite, db, rows);
    this.checked = (id, identity, now) => facts.checked(id, identity, now);
    this.unchecked = (before, limit) => facts.unchecked(before, limit);
    this.apiHashes = (afterId, limit) => facts.apiHashes(afterId, limit);
    this.saveApiHash = (id, apiHash) => facts.saveApiHash(id, apiHash);
    this.credentials = (id) => facts.credentials(id);
    this.keptCredentials = (afterId, limit) => facts.keptCredentials(afterId, limit);
    this.replaceCredentials = (id, before, after) => facts.replaceCredentials(id, before, after);
    this.#page = db
      .select()
      .from(sessions)
      .where(hasAllTags())
      .orderBy(asc(sessions.id))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('skip'))
      .prepare();
    const named = and(isNull(sessions.phoneNumber), eq(sessions.name, sql.placeholder('digits')));
    this.#ofPhone = db
      .select()
      .from(sessions)
      .where(or(eq(sessions.phoneNumber, sql.placeholder('phone')), named))
      .orderBy(sql`${sessions.state} <> 'free'`, asc(sessions.id))
      .prepare();
  }

  session(id: number): SessionRecord | null {
    const row = this.#parts.rows.byId(id);
    return row ? sessionRecord(row) : null;
  }

  sessions({ skip, limit }: Page, tags: readonly string[] = []): SessionRecord[] {
    return this.#page.all({ skip, limit, ...tagValues(tags) }).map(sessionRecord);
  }

  within(ids: readonly number[], tags: readonly string[], holder: string): number[] {
    const { rows } = this.#parts;
    return ids.filter((id) => {
      const row = rows.byId(id);
      if (!row) return false;
      return tags.every((tag) => row.tags.includes(tag)) || (isHeld(row) && row.leaseHolder === holder);
    });
  }

  ofPhone(phoneNumber: string): SessionRecord[] {
    const digits = phoneNumber.replace(/^\+/, '');
    return this.#ofPhone.all({ phone: phoneNumber, digits }).map(sessionRecord);
  }

  edit(id: number, { tags, active, proxyId }: SessionEdit, now: number): SessionRecord | null {
    const { db, rows, files, deadlines } = this.#parts;
    deadlines.pass(now);
    const row = rows.byId(id);
    if (!row) return null;
    if (tags) {
      retag(db, row, tags, now);
      if (row.state === 'free') rows.freed += 1;
    }
    if (proxyId !== undefined)
      db.update(sessions).set({ proxyId, updatedAt: now }).where(eq(sessions.id, id)).run();
    if (active !== undefined) files.setInactive(id, !active, now);
    return this.session(id);
  }

  rename(id: number, to: NewName, leaseId: string | null, now: number): RenameOutcome {
    const { db, rows, deadlines, obstacles } = this.#parts;
    deadlines.pass(now);
    const row = rows.byId(id);
    if (!row) return { kind: 'unknown' };
    if (isHeldByAnother(row, leaseId)) return { kind: 'in_use' };
    const other = obstacles.named(to.name, id);
    if (other) return { kind: 'name_taken', sessionId: other.id, sessionName: other.name };
    // A print that no file has: the next look reads the files under their new name.
    const changes = { ...to, foldedName: foldName(to.name), fingerprint: '', updatedAt: now };
    db.update(sessions).set(changes).where(eq(sessions.id, id)).run();
    const renamed = { ...row, ...changes };
    rows.note(renamed, { at: now, event: 'renamed', detail: `${row.name} → ${to.name}` });
    return { kind: 'renamed', session: sessionRecord(renamed) };
  }

  remove(id: number, leaseId: string | null, now: number): RemoveOutcome {
    const { rows, files, deadlines, references } = this.#parts;
    deadlines.pass(now);
    const row = rows.byId(id);
    if (!row) return { kind: 'unknown' };
    const source = references.to(id);
    if (source) return { kind: 'referred', sourceId: source.id, sourceName: source.name };
    if (isHeldByAnother(row, leaseId)) return { kind: 'in_use' };
    files.drop(row, now);
    return { kind: 'removed', session: sessionRecord(row) };
  }

  dropProxy(id: number): void {
    const { db } = this.#parts;
    const users = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.proxyId, id));
    db.delete(proxies)
      .where(and(eq(proxies.id, id), notExists(users)))
      .run();
  }
}

function isHeldByAnother(row: SessionRow, leaseId: string | null): boolean {
  return isHeld(row) && (leaseId === null || row.leaseId !== leaseId);
}
