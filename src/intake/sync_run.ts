import type { Clock } from '../clock.js';
import type { Turn } from './directory_turns.js';
import type { Scanner, ScanSummary } from './scanner.js';
import { type Seal, type SealedFile, sealed } from './sealing.js';
import type { FileChange, FoundFile, IntakeStore } from './store.js';
import type { SyncOptions, SyncProgress, SyncReport } from './sync_report.js';

/** Files that go into one transaction: small enough that no lease waits long behind it. */
const BATCH = 100;

/** Names that are drawn from the scan at a time. */
const NAMES = 5000;

export interface SyncRunParts {
  readonly store: IntakeStore;
  readonly scanner: Scanner;
  readonly clock: Clock;
  readonly proxyId: number | null;
  /** Null: sessions are nowhere but in their files. */
  readonly seal: Seal | null;
}

/** The name that a found file had until now, if that one is gone; null: it is new. */
type RenamedFrom = (found: FoundFile) => string | null;

/** One sync: what the scan found becomes rows, batch by batch; new ones are leasable at once. */
export class SyncRun {
  readonly #parts: SyncRunParts;
  readonly #options: SyncOptions;
  readonly #turn: Turn;
  readonly #done = { added: 0, updated: 0, removed: 0, missing: 0 };
  readonly #unsettled: string[] = [];
  #progress: SyncProgress = { read: 0, toRead: 0 };

  constructor(parts: SyncRunParts, options: SyncOptions, turn: Turn) {
    this.#parts = parts;
    this.#options = options;
    this.#turn = turn;
  }

  get progress(): SyncProgress {
    return this.#progress;
  }

  /**
   * `guard` is asked before anything is changed whether so many rows may go; a file that was only renamed is
   * none of them, nor is a session that is missing already. @throws what `guard` throws; what `turn` throws,
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
    const leave = () => guard([...gone].filter((name) => !missing.has(name)).length);
    const early = await this.#readBeforeRemoving(renamedFrom, leave);
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
    this.#turn.throwIfAborted();
    const files = await this.#parts.scanner.readNext(BATCH);
    if (files.length === 0) return null;
    this.#progress = { ...this.#progress, read: this.#progress.read + files.length };
    const seal = this.#options.dryRun ? null : this.#parts.seal;
    const read = await Promise.all(files.map((file) => sealed(file, this.#parts.scanner, seal)));
    return read.flatMap((file) => this.#put(file, renamedFrom));
  }

  async #gone(): Promise<string[]> {
    const gone: string[] = [];
    for (;;) {
      const names = await this.#parts.scanner.goneNext(NAMES);
      if (names.length === 0) return gone;
      gone.push(...names);
    }
  }

  /** Those whose files were known to be gone. */
  async #missing(gone: readonly string[]): Promise<Set<string>> {
    const missing: string[] = [];
    for (let at = 0; at < gone.length; at += BATCH)
      missing.push(...(await this.#parts.store.missing(gone.slice(at, at + BATCH))));
    return new Set(missing);
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

  #put(file: SealedFile, renamedFrom: RenamedFrom): FileChange[] {
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
    this.#turn.throwIfAborted();
    if (this.#options.dryRun) {
      this.#done.removed += changes.filter((change) => change.kind === 'gone').length;
      return;
    }
    const done = await this.#parts.store.apply(changes, this.#parts.clock.now());
    for (const what of ['added', 'updated', 'removed', 'missing'] as const) this.#done[what] += done[what];
    this.#unsettled.push(...done.held);
  }
}
