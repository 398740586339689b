import { desc, eq } from 'drizzle-orm';
import { deadByFile, fileGoneChange } from '../../intake/auth_key_owner.js';
import { isSameAccount, mergeFileMetadata, wouldLose } from '../../intake/file_metadata.js';
import { foldName } from '../../intake/names.js';
import type { FileChange, FoundFile, UnreadChannels } from '../../intake/store.js';
import { digest, sameDigest } from '../../kernel/digests.js';
import { isHeld } from '../../pool/session_state.js';
import { NEW_SESSION_HEALTH } from '../../sessions/health_score.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { AuthKeyOwners } from './auth_key_owners.js';
import { forgetPeers } from './known_peers.js';
import { sourceReferringTo } from './source_repository.js';

type Put = Extract<FileChange, { kind: 'put' }>;

/** How soon a file is read after it was written, in milliseconds: it has settled, and syncs take turns. */
const READ_WITHIN_MS = 60_000;

/** How many entries of a session's history are searched for the beginning of a lease. */
const MAX_SEARCHED = 100;

/** The outcome of a change; `held`: it waits for a lease to end; null: nothing to report. */
export type Applied = 'added' | 'updated' | 'removed' | 'missing' | 'held' | null;

/** Applies files to rows: new, changed, gone. Its transaction holds the lock `identities`. */
export class SessionFiles {
  readonly #unit: UnitOfWork;
  readonly #owners: AuthKeyOwners;
  /** Of the files that were put so far. */
  readonly unreadChannels: UnreadChannels[] = [];

  constructor(unit: UnitOfWork) {
    this.#unit = unit;
    this.#owners = new AuthKeyOwners(unit);
  }

  async put(change: Put, now: number): Promise<Applied> {
    return this.#write(await this.#rowFor(change, now), change, now);
  }

  /** As `put`, for a file found by a scan: it does not replace a session without a file. */
  async look(change: Put, now: number): Promise<Applied> {
    const row = await this.#rowFor(change, now);
    return row && wouldLose(row, change.found) ? 'held' : this.#write(row, change, now);
  }

  /**
   * Deletes the row. While a worker may still be connected, or a source refers to it, it stays, with the base state
   * `missing`.
   */
  async gone(name: string, now: number): Promise<Applied> {
    const row = await this.#unit.byName(name, now);
    if (!row) return null;
    if (!isHeld(row) && !(await sourceReferringTo(this.#unit, row.id))) {
      await this.drop(row, now);
      return 'removed';
    }
    const missing = await this.#miss(row, 'its file is gone', now);
    if (missing.state === 'missing') await this.#owners.passOn(missing, now);
    return row.baseState === 'missing' ? null : 'missing';
  }

  /** Deletes the row, whatever holds it. */
  async drop(row: SessionRow, now: number): Promise<void> {
    await this.#unit.remove(row);
    this.#unit.record(row, { at: now, event: 'removed', detail: row.name });
    await this.#owners.passOn(row, now);
  }

  /** Deactivates or activates a locked row. */
  async setInactive(row: SessionRow, inactive: boolean, now: number): Promise<void> {
    if (row.inactive === inactive) return;
    await this.#set(row, { inactive, updatedAt: now });
    const event = inactive ? 'deactivated' : 'activated';
    if (row.baseState === 'missing') return this.#unit.record(row, { at: now, event });
    const facts = { dead: deadByFile(row), keyChanged: false, recordedAs: event };
    await this.#owners.reconcile({ ...row, inactive }, facts, now);
  }

  async #rowFor({ found, renameOf }: Put, now: number): Promise<SessionRow | undefined> {
    const named = await this.#unit.byName(found.name, now);
    return named ?? (renameOf === null ? undefined : this.#unit.byName(renameOf, now));
  }

  #write(row: SessionRow | undefined, { found, proxyId }: Put, now: number): Promise<Applied> {
    return row ? this.#change(row, found, now) : this.#add(found, proxyId, now);
  }

  async #add(found: FoundFile, proxyId: number | null, now: number): Promise<'added'> {
    const { json, dead, remembersChannels: _, ...columns } = found;
    const authKeySha256 = digest(found.authKeySha256);
    const base = await this.#owners.ofNew(authKeySha256, dead);
    const fingerprint = found.remembersChannels ? '' : found.fingerprint;
    const values = { ...columns, ...base, fingerprint, jsonFile: json, authKeySha256, proxyId, tags: [] };
    const poolState = { state: base.baseState, stateReason: base.baseStateReason, lastUsedAt: 0 };
    const times = { createdAt: now, updatedAt: now };
    const health = {
      healthPenalty: 100 - NEW_SESSION_HEALTH.score,
      healthReasons: JSON.stringify(NEW_SESSION_HEALTH.reasons),
    };
    const row = await this.#unit.insert({
      ...{ ...values, ...poolState, ...times, ...health },
      foldedName: foldName(found.name),
    });
    this.#noteChannels(row.id, found, null);
    this.#unit.record(row, { at: now, event: 'added', detail: base.baseStateReason });
    return 'added';
  }

  async #change(row: SessionRow, found: FoundFile, now: number): Promise<Applied> {
    const authKeySha256 = digest(found.authKeySha256);
    const keyChanged = !sameDigest(authKeySha256, row.authKeySha256);
    // Its worker continues with the key that it leased, which must not pass to another session yet.
    if (keyChanged && isHeld(row)) {
      await this.#miss(row, 'its file was replaced while it was leased', now);
      return 'held';
    }
    const foldedName = foldName(found.name);
    const wasRead = !keyChanged && row.fingerprint !== '';
    const since = wasRead && found.remembersChannels ? await this.#writtenSince(row, now) : null;
    const fingerprint = found.remembersChannels && since === null ? '' : found.fingerprint;
    const merged = mergeFileMetadata(row, found, keyChanged, now);
    const changes = { ...merged, foldedName, authKeySha256, fingerprint };
    await this.#set(row, changes);
    this.#noteChannels(row.id, found, since);
    if (keyChanged) {
      if (!isSameAccount(row, found)) await forgetPeers(this.#unit, row.id);
      this.#unit.record(row, {
        at: now,
        event: 'auth_key_changed',
        detail: 'the file holds another auth key',
      });
      await this.#owners.passOn(row, now);
    }
    const settled = await this.#owners.reconcile(
      { ...row, ...changes },
      { dead: found.dead, keyChanged },
      now,
    );
    const renamed = row.name !== found.name;
    if (renamed) this.#unit.record(row, { at: now, event: 'renamed', detail: `${row.name} → ${found.name}` });
    return keyChanged || renamed || row.baseState !== settled.baseState || row.format !== found.format
      ? 'updated'
      : null;
  }

  /**
   * Notes what the file remembers. `since`: the start of the lease under which it was written, for a file that was read
   * before; what was seen before that is known, unless Telegram has refused it. Null: all of it counts.
   */
  #noteChannels(sessionId: number, found: FoundFile, since: number | null): void {
    const { remembersChannels, file, authKeySha256, fingerprint } = found;
    if (!remembersChannels || file === null || authKeySha256 === null) return;
    const read = since === null ? { since: 0, fingerprint } : { since, fingerprint: null };
    this.unreadChannels.push({ sessionId, file, authKeySha256, ...read });
  }

  /**
   * When the lease began under which a file was written that is read at `now`, as a rule after the release: libraries
   * write at the end. Where another lease has begun just now, it was written under the one before.
   */
  async #writtenSince(row: SessionRow, now: number): Promise<number> {
    const { db, tables } = this.#unit;
    const { id, sessionId, event, at } = tables.history;
    const latest = await db
      .select({ event, at })
      .from(tables.history)
      .where(eq(sessionId, row.id))
      .orderBy(desc(id))
      .limit(MAX_SEARCHED);
    const [last, before = last] = latest.filter((entry) => entry.event === 'leased');
    if (last === undefined || before === undefined) return row.lastUsedAt;
    return now - last.at < READ_WITHIN_MS ? before.at : last.at;
  }

  /** Sets the base state `missing` until its file is read again; applied at once if nothing holds it. */
  async #miss(row: SessionRow, baseStateReason: string, now: number): Promise<SessionRow> {
    await this.#set(row, { fingerprint: '' });
    if (row.baseState === 'missing') return row;
    const { base, event, changes, entry } = fileGoneChange(row, baseStateReason, now);
    const marked = await this.#owners.mark(row, base, now);
    const missing = await this.#unit.applyEvent(marked, event, changes, entry);
    if (missing === null) this.#unit.record(row, entry);
    return missing ?? marked;
  }

  async #set(row: SessionRow, changes: Partial<SessionRow>): Promise<void> {
    const { sessions } = this.#unit.tables;
    await this.#unit.db.update(sessions).set(changes).where(eq(sessions.id, row.id));
  }
}
