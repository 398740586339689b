import { batchesOf } from '../kernel/batches.js';
import type { AdoptionParts } from '../peers/adoption.js';
import type { LockSignal } from './directory_lock.js';
import { SessionFileUnreadable } from './errors.js';
import { authKeyDigest, type Credentials } from './formats/session_string.js';
import { MAX_UNREAD, readForAWhile } from './remembered_channels.js';
import type { InspectedFile, ScanSummary, SettledFile, UnsettledFile } from './scan_protocol.js';
import type { Scanner } from './scanner.js';
import type { FileChange, FoundFile, IntakeStore, UnreadChannels } from './store.js';
import type { Rejection } from './walk.js';

/** How a sync of the directory is meant. */
export interface SyncOptions {
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** Removes rows even where so many would go that the disk is more likely to be gone than the files. */
  readonly force?: boolean;
  /** Syncs these names only. */
  readonly only?: readonly string[];
}

/** What a sync found and did. */
export interface SyncReport {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
  readonly missing: number;
  readonly total: number;
  readonly rejected: readonly Rejection[];
  readonly rejectedTotal: number;
  /** Names whose files were being written; worth another sync in a moment. */
  readonly unsettled: readonly string[];
}

/** How far a sync is: files read, of those that must be. */
export interface SyncProgress {
  readonly read: number;
  readonly toRead: number;
}

/** Encrypts a session, to be kept in its row. */
export type EncryptCredentials = (credentials: Credentials) => Promise<string>;

/** Files that go into one transaction: few enough that no lease waits long behind it. */
const BATCH = 100;

/** Names that are drawn from the scan at a time. */
const NAMES_BATCH = 5000;

export interface SyncRunParts extends AdoptionParts {
  readonly store: IntakeStore;
  readonly scanner: Scanner;
  readonly proxyId: number | null;
  /** Null: sessions are nowhere but in their files. */
  readonly encrypt: EncryptCredentials | null;
}

/** The name that a found file had until now, if that one is gone; null: it is new. */
type RenamedFrom = (found: FoundFile) => string | null;

/** One sync: what the scan found becomes rows, batch by batch; new ones are leasable at once. */
export class SyncRun {
  readonly #parts: SyncRunParts;
  readonly #options: SyncOptions;
  readonly #lock: LockSignal;
  readonly #done = { added: 0, updated: 0, removed: 0, missing: 0 };
  readonly #unsettled: string[] = [];
  #unreadChannels: UnreadChannels[] = [];
  #progress: SyncProgress = { read: 0, toRead: 0 };

  constructor(parts: SyncRunParts, options: SyncOptions, lock: LockSignal) {
    this.#parts = parts;
    this.#options = options;
    this.#lock = lock;
  }

  get progress(): SyncProgress {
    return this.#progress;
  }

  /** The files whose channels it had no time for. */
  get unreadChannels(): readonly UnreadChannels[] {
    return this.#unreadChannels;
  }

  /**
   * `guard` is asked before anything is changed whether so many rows may go; a file that was only renamed is
   * none of them, nor is a session that is missing already. @throws what `guard` throws; what the lock throws,
   * between two batches.
   */
  async carryOut(summary: ScanSummary, guard: (gone: number) => void): Promise<SyncReport> {
    const gone = new Set(await this.#gone());
    const names = await this.#namesByKey([...gone]);
    const renamedFrom = ({ authKeySha256 }: FoundFile) => {
      const before = authKeySha256 === null ? undefined : names.get(authKeySha256);
      return before !== undefined && gone.delete(before) ? before : null;
    };
    this.#progress = { read: 0, toRead: summary.appeared + summary.changed };
    const missing = await this.#missing([...gone]);
    const checkGone = () => guard([...gone].filter((name) => !missing.has(name)).length);
    for (const batch of batchesOf(await this.#readBeforeRemoving(renamedFrom, checkGone), BATCH))
      await this.#apply(batch);
    for (;;) {
      const changes = await this.#read(renamedFrom);
      if (!changes) break;
      await this.#apply(changes);
    }
    const removals = [...gone].map((name) => ({ kind: 'gone', name }) as const);
    for (const batch of batchesOf(removals, BATCH)) await this.#apply(batch);
    // Last: the sessions can be leased already, and one file's channels are in memory at a time.
    this.#unreadChannels = await readForAWhile(this.#parts, this.#unreadChannels, this.#lock);
    const { rejected, rejectedTotal } = summary;
    const total = await this.#parts.store.total();
    return { ...this.#done, total, rejected, rejectedTotal, unsettled: this.#unsettled };
  }

  /** Where the guard objects, all files are read first: those that have only another name then do not count as gone. */
  async #readBeforeRemoving(renamedFrom: RenamedFrom, guard: () => void): Promise<FileChange[]> {
    const early: FileChange[] = [];
    for (let objects = true; objects; ) {
      try {
        guard();
        objects = false;
      } catch (refusal) {
        const changes = await this.#read(renamedFrom);
        if (!changes) throw refusal;
        early.push(...changes);
      }
    }
    return early;
  }

  /** The next files as changes; null: there are no more. */
  async #read(renamedFrom: RenamedFrom): Promise<FileChange[] | null> {
    this.#lock.throwIfAborted();
    const files = await this.#parts.scanner.readNext(BATCH);
    if (files.length === 0) return null;
    this.#progress = { ...this.#progress, read: this.#progress.read + files.length };
    const encrypt = this.#options.dryRun ? null : this.#parts.encrypt;
    const read = await Promise.all(
      files.map((file) => withEncryptedCredentials(file, this.#parts.scanner, encrypt)),
    );
    return read.flatMap((file) => this.#put(file, renamedFrom));
  }

  async #gone(): Promise<string[]> {
    const gone: string[] = [];
    for (;;) {
      const names = await this.#parts.scanner.goneNext(NAMES_BATCH);
      if (names.length === 0) return gone;
      gone.push(...names);
    }
  }

  /** Those whose files were known to be gone. */
  async #missing(gone: readonly string[]): Promise<Set<string>> {
    const missing: string[] = [];
    for (const batch of batchesOf(gone, BATCH)) missing.push(...(await this.#parts.store.missing(batch)));
    return new Set(missing);
  }

  /** The names of gone files by their auth keys: a new file that has one of them was only renamed. */
  async #namesByKey(gone: readonly string[]): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (const batch of batchesOf(gone, BATCH)) {
      const keys = await this.#parts.store.authKeys(batch);
      for (const [name, key] of Object.entries(keys)) names.set(key, name);
    }
    return names;
  }

  #put(file: EncryptedFile, renamedFrom: RenamedFrom): FileChange[] {
    if ('unsettled' in file) {
      this.#unsettled.push(file.name);
      return [];
    }
    const { kind, inspection, ...rest } = file;
    const found = { ...rest, ...inspection };
    const renameOf = kind === 'appeared' ? renamedFrom(found) : null;
    if (this.#options.dryRun) this.#done[kind === 'appeared' && renameOf === null ? 'added' : 'updated'] += 1;
    return [{ kind: 'put', found, renameOf, proxyId: this.#parts.proxyId }];
  }

  async #apply(changes: readonly FileChange[]): Promise<void> {
    this.#lock.throwIfAborted();
    if (this.#options.dryRun) {
      this.#done.removed += changes.filter((change) => change.kind === 'gone').length;
      return;
    }
    const done = await this.#parts.store.apply(changes, this.#parts.clock.now());
    for (const what of ['added', 'updated', 'removed', 'missing'] as const) this.#done[what] += done[what];
    this.#unsettled.push(...done.held);
    this.#unreadChannels.push(...done.unreadChannels.slice(0, MAX_UNREAD - this.#unreadChannels.length));
  }
}

/** An inspected session with its encrypted credentials; null: it has no auth key, or they are not kept. */
type EncryptedFile = UnsettledFile | (SettledFile & { readonly credentials: string | null });

/**
 * Adds to an inspected session what its row keeps of it, if anything. One whose auth key is not the one it was
 * inspected with is being written: it can't be judged now.
 */
async function withEncryptedCredentials(
  file: InspectedFile,
  scanner: Scanner,
  encrypt: EncryptCredentials | null,
): Promise<EncryptedFile> {
  if ('unsettled' in file) return file;
  const { authKeySha256 } = file.inspection;
  if (encrypt === null || authKeySha256 === null) return { ...file, credentials: null };
  const credentials = await credentialsOf(file, scanner);
  if (credentials !== null && authKeyDigest(credentials.authKey) === authKeySha256) {
    return { ...file, credentials: await encrypt(credentials) };
  }
  return { name: file.name, kind: file.kind, unsettled: true, reason: 'changed while it was read' };
}

async function credentialsOf({ file, json }: SettledFile, scanner: Scanner): Promise<Credentials | null> {
  try {
    return await scanner.credentials(file, json);
  } catch (error) {
    if (error instanceof SessionFileUnreadable) return null;
    throw error;
  }
}
