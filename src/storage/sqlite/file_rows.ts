import { and, asc, eq, ne, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { restOf } from '../../intake/rest.js';
import type { AppliedCounts, FileChange, FoundFile } from '../../intake/store.js';
import type { RestState } from '../../pool/states.js';
import { sessions } from './schema.js';
import type { SessionRow, SessionRows } from './session_rows.js';

type Put = Extract<FileChange, { kind: 'put' }>;
type Rest = { readonly rest: RestState; readonly restReason: string | null };

/** Rows as their files make them: new, changed, gone; and which of two files with one auth key is leasable. */
export class FileRows {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;
  readonly #sharing;
  readonly #insert;

  constructor(db: BetterSQLite3Database, rows: SessionRows) {
    this.#db = db;
    this.#rows = rows;
    this.#sharing = db
      .select()
      .from(sessions)
      .where(and(eq(sessions.authKeySha256, sql.placeholder('key')), ne(sessions.id, sql.placeholder('id'))))
      .orderBy(asc(sessions.id))
      .prepare();
    const column = sql.placeholder;
    this.#insert = db
      .insert(sessions)
      .values({
        name: column('name'),
        file: column('file'),
        jsonFile: column('jsonFile'),
        fingerprint: column('fingerprint'),
        format: column('format'),
        authKeySha256: column('authKeySha256'),
        dcId: column('dcId'),
        userId: column('userId'),
        phoneNumber: column('phoneNumber'),
        apiId: column('apiId'),
        proxyId: column('proxyId'),
        tags: [],
        rest: column('rest'),
        restReason: column('restReason'),
        state: column('rest'),
        stateReason: column('restReason'),
        lastUsedAt: 0,
        createdAt: column('now'),
        updatedAt: column('now'),
      })
      .returning()
      .prepare();
  }

  put({ found, renameOf, proxyId }: Put, now: number): keyof AppliedCounts | null {
    const row =
      this.#rows.byName(found.name) ?? (renameOf === null ? undefined : this.#rows.byName(renameOf));
    return row ? this.#change(row, found, now) : this.#add(found, proxyId, now);
  }

  /** The row goes; while it is leased it stays, and comes to rest as `missing`. */
  gone(name: string, now: number): keyof AppliedCounts | null {
    const row = this.#rows.byName(name);
    if (!row) return null;
    if (row.state === 'leased') {
      if (row.rest === 'missing') return null;
      this.#saveRest(row, { rest: 'missing', restReason: 'its file is gone' }, now);
      this.#db.update(sessions).set({ fingerprint: '' }).where(eq(sessions.id, row.id)).run();
      this.#rows.note(row, { at: now, event: 'file_gone' });
      return 'missing';
    }
    this.#db.delete(sessions).where(eq(sessions.id, row.id)).run();
    this.#rows.count(row, -1);
    this.#rows.note(row, { at: now, event: 'removed', detail: row.name });
    this.#promote(row.authKeySha256, now);
    return 'removed';
  }

  setInactive(id: number, inactive: boolean, now: number): void {
    const row = this.#rows.byId(id);
    if (!row || row.inactive === inactive) return;
    this.#db.update(sessions).set({ inactive, updatedAt: now }).where(eq(sessions.id, id)).run();
    if (row.rest !== 'missing') this.#settle({ ...row, inactive }, now);
    this.#rows.note(row, { at: now, event: inactive ? 'deactivated' : 'activated' });
  }

  #add(found: FoundFile, proxyId: number | null, now: number): 'added' {
    const key = keyOf(found);
    const rest = restOf({ dead: found.dead, inactive: false, twin: this.#first(key, 0)?.name ?? null });
    const { json, ...columns } = found;
    const row = this.#insert.get({ ...columns, jsonFile: json, authKeySha256: key, proxyId, now, ...rest });
    this.#rows.count(row, 1);
    this.#rows.note(row, { at: now, event: 'added', detail: rest.restReason });
    if (row.state === 'free') this.#rows.freed += 1;
    return 'added';
  }

  #change(row: SessionRow, found: FoundFile, now: number): 'updated' | null {
    const key = keyOf(found);
    const rekeyed = !sameKey(key, row.authKeySha256);
    const renamed = row.name !== found.name;
    const returned = row.rest === 'missing';
    const { dead: _, json, ...columns } = found;
    const kept = { phoneNumber: found.phoneNumber ?? row.phoneNumber, apiId: found.apiId ?? row.apiId };
    const changes = { ...columns, ...kept, jsonFile: json, authKeySha256: key, updatedAt: now };
    this.#db.update(sessions).set(changes).where(eq(sessions.id, row.id)).run();
    const was = { rest: row.rest, reason: row.restReason };
    const settled = this.#settle({ ...row, ...changes }, now, found.dead);
    if (rekeyed) this.#rekey(settled, row.authKeySha256, now);
    if (renamed) this.#rows.note(row, { at: now, event: 'renamed', detail: `${row.name} → ${found.name}` });
    const meant = rekeyed || renamed || returned || was.rest !== settled.rest || row.format !== found.format;
    return meant ? 'updated' : null;
  }

  #rekey(row: SessionRow, before: Buffer | null, now: number): void {
    const occasion = { at: now, event: 'rekeyed', detail: 'the file holds another auth key' };
    if (!this.#rows.happen(row, 'rekey', { suspectedAt: null }, occasion)) this.#rows.note(row, occasion);
    this.#promote(before, now);
  }

  /** Works out where the row rests now and, if nothing holds it, puts it there. */
  #settle(row: SessionRow, now: number, dead: string | null = deadByFile(row)): SessionRow {
    const twin = this.#first(row.authKeySha256, row.id);
    const rest = restOf({ dead, inactive: row.inactive, twin: twin && twin.id < row.id ? twin.name : null });
    if (rest.rest === row.rest && rest.restReason === row.restReason) return row;
    const resting = this.#saveRest(row, rest, now);
    const changes = { stateReason: rest.restReason };
    return (
      this.#rows.happen(resting, 'settle', changes, { at: now, event: rest.rest, detail: rest.restReason }) ??
      resting
    );
  }

  #saveRest(row: SessionRow, rest: Rest, now: number): SessionRow {
    this.#db
      .update(sessions)
      .set({ ...rest, updatedAt: now })
      .where(eq(sessions.id, row.id))
      .run();
    return { ...row, ...rest };
  }

  /** The row that an auth key belongs to: the one registered first. */
  #first(key: Buffer | null, except: number): SessionRow | undefined {
    return key ? this.#sharing.get({ key, id: except }) : undefined;
  }

  /** An auth key has lost a file: the first of the others that held it becomes leasable. */
  #promote(key: Buffer | null, now: number): void {
    const heir = this.#first(key, 0);
    if (heir && heir.rest !== 'missing') this.#settle(heir, now);
  }
}

function keyOf(found: FoundFile): Buffer | null {
  return found.authKeySha256 === null ? null : Buffer.from(found.authKeySha256, 'hex');
}

function sameKey(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}

/** Why the row's own file is dead, from what the row says; null: it is not. */
function deadByFile(row: SessionRow): string | null {
  return row.rest === 'dead' ? row.restReason : null;
}
