import { and, arrayContains, asc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Page } from '../../kernel/page.js';
import { isHeld } from '../../pool/session_state.js';
import { STATES } from '../../pool/states.js';
import type {
  NewName,
  RemoveOutcome,
  RenameOutcome,
  SessionEdit,
  SessionRecord,
  SessionStore,
} from '../../sessions/store.js';
import type { Deadlines } from './deadlines.js';
import { FileRows } from './file_rows.js';
import { proxies, sessions } from './schema.js';
import { SessionFacts } from './session_facts.js';
import { removeSession, renameSession } from './session_identity.js';
import { sessionRecord } from './session_record.js';
import { retag } from './session_tags.js';
import { lockShared } from './shared_locks.js';
import type { Unit } from './unit.js';
import type { Units } from './units.js';

/** The sessions as admins see and edit them, in PostgreSQL. */
export class SessionTable implements SessionStore {
  readonly #units: Units;
  readonly #deadlines: Deadlines;
  readonly checked: SessionStore['checked'];
  readonly unchecked: SessionStore['unchecked'];
  readonly apiHashes: SessionStore['apiHashes'];
  readonly saveApiHash: SessionStore['saveApiHash'];
  readonly credentials: SessionStore['credentials'];
  readonly keptCredentials: SessionStore['keptCredentials'];
  readonly replaceCredentials: SessionStore['replaceCredentials'];

  constructor(units: Units, deadlines: Deadlines) {
    this.#units = units;
    this.#deadlines = deadlines;
    const facts = new SessionFacts(units);
    this.checked = (id, identity, now) => facts.checked(id, identity, now);
    this.unchecked = (before, limit) => facts.unchecked(before, limit);
    this.apiHashes = (afterId, limit) => facts.apiHashes(afterId, limit);
    this.saveApiHash = (id, apiHash) => facts.saveApiHash(id, apiHash);
    this.credentials = (id) => facts.credentials(id);
    this.keptCredentials = (afterId, limit) => facts.keptCredentials(afterId, limit);
    this.replaceCredentials = (id, before, after) => facts.replaceCredentials(id, before, after);
  }

  session(id: number): Promise<SessionRecord | null> {
    return this.#units.run((unit) => read(unit, id));
  }

  sessions({ skip, limit }: Page, tags: readonly string[] = []): Promise<SessionRecord[]> {
    return this.#units.run(async ({ db }) => {
      const all = db.select().from(sessions);
      const tagged = tags.length === 0 ? all : all.where(arrayContains(sessions.tags, [...tags]));
      const rows = await tagged.orderBy(asc(sessions.id)).limit(limit).offset(skip);
      return rows.map(sessionRecord);
    });
  }

  within(ids: readonly number[], tags: readonly string[], holder: string): Promise<number[]> {
    const held = and(
      inArray(
        sessions.state,
        STATES.filter((state) => isHeld({ state })),
      ),
      eq(sessions.leaseHolder, holder),
    );
    const seen = or(arrayContains(sessions.tags, [...tags]), held);
    return this.#units.run(async ({ db }) => {
      const rows = await db
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(inArray(sessions.id, [...ids]), seen));
      return rows.map(({ id }) => id);
    });
  }

  ofPhone(phoneNumber: string): Promise<SessionRecord[]> {
    const named = and(isNull(sessions.phoneNumber), eq(sessions.name, phoneNumber.replace(/^\+/, '')));
    return this.#units.run(async ({ db }) => {
      const rows = await db
        .select()
        .from(sessions)
        .where(or(eq(sessions.phoneNumber, phoneNumber), named))
        .orderBy(sql`${sessions.state} <> 'free'`, asc(sessions.id));
      return rows.map(sessionRecord);
    });
  }

  async edit(id: number, change: SessionEdit, now: number): Promise<SessionRecord | null> {
    await this.#deadlines.pass(now);
    return this.#units.run(async (unit) => {
      const { tags, active, proxyId } = change;
      if (active !== undefined) await lockShared(unit.db, 'identities');
      const row = await unit.byId(id, now);
      if (!row) return null;
      const tagged = tags ? await retag(unit, row, tags, now) : row;
      if (proxyId !== undefined) {
        await unit.db.update(sessions).set({ proxyId, updatedAt: now }).where(eq(sessions.id, id));
      }
      if (active !== undefined) await new FileRows(unit).setInactive(tagged, !active, now);
      return read(unit, id);
    });
  }

  async rename(id: number, to: NewName, leaseId: string | null, now: number): Promise<RenameOutcome> {
    await this.#deadlines.pass(now);
    return this.#units.run((unit) => renameSession(unit, id, to, leaseId, now));
  }

  async remove(id: number, leaseId: string | null, now: number): Promise<RemoveOutcome> {
    await this.#deadlines.pass(now);
    return this.#units.run((unit) => removeSession(unit, id, leaseId, now));
  }

  dropProxy(id: number): Promise<void> {
    return this.#units.run(async ({ db }) => {
      // Whoever is giving it to a session has finished before the next statement looks.
      await db.select().from(proxies).where(eq(proxies.id, id)).for('update');
      const users = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.proxyId, id));
      await db.delete(proxies).where(and(eq(proxies.id, id), sql`NOT EXISTS ${users}`));
    });
  }
}

async function read({ db }: Unit, id: number): Promise<SessionRecord | null> {
  const [row] = await db.select().from(sessions).where(eq(sessions.id, id));
  return row ? sessionRecord(row) : null;
}
