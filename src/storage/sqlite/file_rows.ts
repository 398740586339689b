import { eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { FileChange, FoundFile } from '../../intake/store.js';
import { deadByFile } from '../resting_rules.js';
import { toldByFile } from '../told_by_file.js';
import { digest, sameDigest } from './digests.js';
import { foldName } from './folded_names.js';
import type { Resting } from './resting.js';
import { sessions } from './schema.js';
import { isHeld, type SessionRow, type SessionRows } from './session_rows.js';

type Put = Extract<FileChange, { kind: 'put' }>;

/** What became of a change; `held`: it waits for a lease to end; null: nothing worth telling. */
export type Applied = 'added' | 'updated' | 'removed' | 'missing' | 'held' | null;

/** Rows as their files make them: new, changed, gone. */
export class FileRows {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;
  readonly #resting: Resting;
  readonly #insert;

  constructor(db: BetterSQLite3Database, rows: SessionRows, resting: Resting) {
    this.#db = db;
    this.#rows = rows;
    this.#resting = resting;
    const column = sql.placeholder;
    this.#insert = db
      .insert(sessions)
      .values({
        name: column('name'),
        foldedName: column('foldedName'),
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

  put({ found, renameOf, proxyId }: Put, now: number): Applied {
    const row =
      this.#rows.byName(found.name) ?? (renameOf === null ? undefined : this.#rows.byName(renameOf));
    return row ? this.#change(row, found, now) : this.#add(found, proxyId, now);
  }

  /** The row goes; while a worker may still be connected it stays, and comes to rest as `missing`. */
  gone(name: string, now: number): Applied {
    const row = this.#rows.byName(name);
    if (!row) return null;
    if (isHeld(row)) return this.#miss(row, 'its file is gone', now) ? 'missing' : null;
    this.drop(row, now);
    return 'removed';
  }

  /** The row goes, whatever holds it. */
  drop(row: SessionRow, now: number): void {
    this.#db.delete(sessions).where(eq(sessions.id, row.id)).run();
    this.#rows.count(row, -1);
    this.#rows.note(row, { at: now, event: 'removed', detail: row.name });
    this.#resting.passOn(row, now);
  }

  setInactive(id: number, inactive: boolean, now: number): void {
    const row = this.#rows.byId(id);
    if (!row || row.inactive === inactive) return;
    this.#db.update(sessions).set({ inactive, updatedAt: now }).where(eq(sessions.id, id)).run();
    this.#rows.note(row, { at: now, event: inactive ? 'deactivated' : 'activated' });
    if (row.rest === 'missing') return;
    this.#resting.settle({ ...row, inactive }, { dead: deadByFile(row), gained: false }, now);
  }

  #add(found: FoundFile, proxyId: number | null, now: number): 'added' {
    const { json, dead, ...columns } = found;
    const authKeySha256 = digest(found.authKeySha256);
    const rest = this.#resting.ofNew(authKeySha256, dead);
    const foldedName = foldName(found.name);
    const row = this.#insert.get({
      ...{ ...columns, foldedName, jsonFile: json, authKeySha256, proxyId, now },
      ...rest,
    });
    this.#rows.count(row, 1);
    this.#rows.note(row, { at: now, event: 'added', detail: rest.restReason });
    if (row.state === 'free') this.#rows.freed += 1;
    return 'added';
  }

  #change(row: SessionRow, found: FoundFile, now: number): Applied {
    const authKeySha256 = digest(found.authKeySha256);
    const gained = !sameDigest(authKeySha256, row.authKeySha256);
    // Its worker goes on with the key it was leased with, which therefore must not pass to another yet.
    if (gained && isHeld(row)) {
      this.#miss(row, 'its file was replaced while it was leased', now);
      return 'held';
    }
    const foldedName = foldName(found.name);
    const changes = { ...toldByFile(row, found, gained), foldedName, authKeySha256, updatedAt: now };
    this.#db.update(sessions).set(changes).where(eq(sessions.id, row.id)).run();
    if (gained) {
      this.#rows.note(row, { at: now, event: 'rekeyed', detail: 'the file holds another auth key' });
      this.#resting.passOn(row, now);
    }
    const settled = this.#resting.settle({ ...row, ...changes }, { dead: found.dead, gained }, now);
    const renamed = row.name !== found.name;
    if (renamed) this.#rows.note(row, { at: now, event: 'renamed', detail: `${row.name} → ${found.name}` });
    return gained || renamed || row.rest !== settled.rest || row.format !== found.format ? 'updated' : null;
  }

  /** It comes to rest as `missing`, until its file is read again. False: that was known. */
  #miss(row: SessionRow, restReason: string, now: number): boolean {
    this.#db.update(sessions).set({ fingerprint: '' }).where(eq(sessions.id, row.id)).run();
    if (row.rest === 'missing') return false;
    this.#resting.mark(row, { rest: 'missing', restReason }, now);
    this.#rows.note(row, { at: now, event: 'missing', detail: restReason });
    return true;
  }
}
