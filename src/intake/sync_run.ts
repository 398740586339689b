import type { Clock } from '../clock.js';
import type { InspectedFile, Scanner, ScanSummary } from './scanner.js';
import type { FileChange, FoundFile, IntakeStore } from './store.js';

/** Files that go into one transaction: small enough that no lease waits long behind it. */
const BATCH = 100;

/** Names that are drawn from the scan at a time. */
const NAMES = 5000;

export interface SyncOptions {
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** Removes rows even where so many would go that the disk is more likely to be gone than the files. */
  readonly force?: boolean;
  /** Looks at these names only. */
  readonly only?: readonly string[];
}

/** What a sync found and did. */
export interface SyncReport {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
  readonly missing: number;
  readonly total: number;
  readonly rejected: ScanSummary['rejected'];
  readonly rejectedTotal: number;
  /** Names whose files were being written; worth another look in a moment. */
  readonly unsettled: readonly string[];
}

/** How far a sync is: files read, of those that must be. */
export interface SyncProgress {
  readonly read: number;
  readonly toRead: number;
}

export interface SyncRunParts {
  readonly store: IntakeStore;
  readonly scanner: Scanner;
  readonly clock: Clock;
  readonly proxyId: number | null;
}

/** The name that a found file had until now, if that one is gone; null: it is new. */
type RenamedFrom = (found: FoundFile) => string | null;

/** One sync: what the scan found becomes rows, batch by batch; new ones are leasable at once. */
export class SyncRun {
  readonly #parts: SyncRunParts;
  readonly #options: SyncOptions;
  readonly #signal: AbortSignal;
  readonly #done = { added: 0, updated: 0, removed: 0, missing: 0 };
  readonly #unsettled: string[] = [];
  #progress: SyncProgress = { read: 0, toRead: 0 };

  constructor(parts: SyncRunParts, options: SyncOptions, signal: AbortSignal) {
    this.#parts = parts;
    this.#options = options;
    this.#signal = signal;
  }

  get progress(): SyncProgress {
    return this.#progress;
  }

  /**
   * `guard` is asked before anything is changed whether so many rows may go; a file that was only renamed is
   * none of them. @throws what `guard` throws; the signal's reason, between two batches.
   */
  async carryOut(summary: ScanSummary, guard: (gone: number) => void): Promise<SyncReport> {
    const gone = new Set(await this.#gone());
    const names = await this.#namesByKey([...gone]);
    const renamedFrom = ({ authKeySha256 }: FoundFile) => {
      const before = authKeySha256 === null ? undefined : names.get(authKeySha256);
      return before !== undefined && gone.delete(before) ? before : null;
    };
    this.#progress = { read: 0, toRead: summary.appeared + summary.changed };
    const early = await this.#readBeforeRemoving(gone, renamedFrom, guard);
    for (let at = 0; at < early.length; at += BATCH) await this.#apply(early.slice(at, at + BATCH));
    for (;;) {
      const changes = await this.#read(renamedFrom);
      if (!changes) break;
      await this.#apply(changes);
    }
    const leaving = [...gone].map((name) => ({ kind: 'gone', name }) as const);
    for (let at = 0; at < leaving.length; at += BATCH) await this.#apply(leaving.slice(at, at + BATCH));
    const { rejected, rejectedTotal } = summary;
    const total = await this.#parts.store.total();
    return { ...this.#done, total, rejected, rejectedTotal, unsettled: this.#unsettled };
  }

  /** Where the guard objects, all files are read first: those that have only another name then do not count as gone. */
  async #readBeforeRemoving(
    gone: ReadonlySet<string>,
    renamedFrom: RenamedFrom,
    guard: (gone: number) => void,
  ): Promise<FileChange[]> {
    const early: FileChange[] = [];
    for (let objects = true; objects; ) {
      try {
        guard(gone.size);
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
    this.#signal.throwIfAborted();
    const files = await this.#parts.scanner.readNext(BATCH);
    if (files.length === 0) return null;
    this.#progress = { ...this.#progress, read: this.#progress.read + files.length };
    return files.flatMap((file) => this.#put(file, renamedFrom));
  }

  async #gone(): Promise<string[]> {
    const gone: string[] = [];
    for (;;) {
      const names = await this.#parts.scanner.goneNext(NAMES);
      if (names.length === 0) return gone;
      gone.push(...names);
    }
  }

  /** The names of gone files by their auth keys: a new file that has one of them was only renamed. */
  async #namesByKey(gone: readonly string[]): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (let at = 0; at < gone.length; at += BATCH) {
      const keys = await this.#parts.store.authKeys(gone.slice(at, at + BATCH));
      for (const [name, key] of Object.entries(keys)) names.set(key, name);
    }
    return names;
  }

  #put(file: InspectedFile, renamedFrom: RenamedFrom): FileChange[] {
    if ('unsettled' in file) {
      this.#unsettled.push(file.name);
      return [];
    }
    const { kind, inspection, ...where } = file;
    const found = { ...where, ...inspection };
    const renameOf = kind === 'appeared' ? renamedFrom(found) : null;
    if (this.#options.dryRun) this.#done[kind === 'appeared' && renameOf === null ? 'added' : 'updated'] += 1;
    return [{ kind: 'put', found, renameOf, proxyId: this.#parts.proxyId }];
  }

  async #apply(changes: readonly FileChange[]): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#options.dryRun) {
      this.#done.removed += changes.filter((change) => change.kind === 'gone').length;
      return;
    }
    const done = await this.#parts.store.apply(changes, this.#parts.clock.now());
    for (const what of ['added', 'updated', 'removed', 'missing'] as const) this.#done[what] += done[what];
    this.#unsettled.push(...done.held);
  }
}
