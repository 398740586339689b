import { eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { digest, sameDigest } from '../../digests.js';
import { deadByFile, goingMissing } from '../../intake/auth_key_owner.js';
import { mergeFileMetadata, wouldLose } from '../../intake/file_metadata.js';
import type { FileChange, FoundFile } from '../../intake/store.js';
import { isHeld } from '../../pool/session_state.js';
import { foldName } from '../folding.js';
import type { Resting } from './resting.js';
import { sessions } from './schema.js';
import { sessionInsert } from './session_insert.js';
import type { SessionRow, SessionRows } from './session_rows.js';
import type { SourceReferences } from './source_references.js';

type Put = Extract<FileChange, { kind: 'put' }>;

/** What became of a change; `held`: it waits for a lease to end; null: nothing worth telling. */
export type Applied = 'added' | 'updated' | 'removed' | 'missing' | 'held' | null;

/** The parts of file rows that share a database connection. */
export interface FileParts {
  readonly db: BetterSQLite3Database;
  readonly rows: SessionRows;
  readonly resting: Resting;
  readonly references: SourceReferences;
}

/** Rows as their files make them: new, changed, gone. */
export class FileRows {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;
  readonly #resting: Resting;
  readonly #references: SourceReferences;
  readonly #insert;

  constructor({ db, rows, resting, references }: FileParts) {
    this.#db = db;
    this.#rows = rows;
    this.#resting = resting;
    this.#references = references;
    this.#insert = sessionInsert(db);
  }

  put(change: Put, now: number): Applied {
    return this.#write(this.#rowFor(change), change, now);
  }

  /** As `put`, for a file that a look found: it does not take the place of a session that has no file. */
  look(change: Put, now: number): Applied {
    const row = this.#rowFor(change);
    return row && wouldLose(row, change.found) ? 'held' : this.#write(row, change, now);
  }

  /**
   * The row goes. While a worker may still be connected, or a source refers to it, it stays, and comes to rest as
   * `missing`.
   */
  gone(name: string, now: number): Applied {
    const row = this.#rows.byName(name);
    if (!row) return null;
    if (!isHeld(row) && !this.#references.to(row.id)) {
      this.drop(row, now);
      return 'removed';
    }
    const missing = this.#miss(row, 'its file is gone', now);
    if (missing.state === 'missing') this.#resting.passOn(missing, now);
    return row.rest === 'missing' ? null : 'missing';
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

  #rowFor({ found, renameOf }: Put): SessionRow | undefined {
    return this.#rows.byName(found.name) ?? (renameOf === null ? undefined : this.#rows.byName(renameOf));
  }

  #write(row: SessionRow | undefined, { found, proxyId }: Put, now: number): Applied {
    return row ? this.#change(row, found, now) : this.#add(found, proxyId, now);
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
    const changes = { ...mergeFileMetadata(row, found, gained, now), foldedName, authKeySha256 };
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

  /** It comes to rest as `missing`, until its file is read again: at once, if nothing holds it. */
  #miss(row: SessionRow, restReason: string, now: number): SessionRow {
    this.#db.update(sessions).set({ fingerprint: '' }).where(eq(sessions.id, row.id)).run();
    if (row.rest === 'missing') return row;
    const { rest, event, changes, entry } = goingMissing(row, restReason, now);
    const resting = this.#resting.mark(row, rest, now);
    const missing = this.#rows.happen(resting, event, changes, entry);
    if (missing === null) this.#rows.note(row, entry);
    return missing ?? resting;
  }
}
