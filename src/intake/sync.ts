import type { Clock } from '../clock.js';
import type { Cluster } from '../cluster/cluster.js';
import type { DirectoryAvailability } from './availability.js';
import { DirectoryTurns, type Turn } from './directory_turns.js';
import { SessionsDirectoryUnreadable } from './errors.js';
import { guardTrips, MassRemovalRefused } from './guard.js';
import type { KnownPage, Scanner, ScanSummary } from './scanner.js';
import type { Seal } from './sealing.js';
import type { IntakeStore } from './store.js';
import type { SyncOptions, SyncProgress, SyncReport } from './sync_report.js';
import { SyncRun } from './sync_run.js';

/** Known files that are compared at a time. */
const KNOWN_PAGE = 5000;

/** A scan, and how many sessions with files were known before it. */
type Look = ScanSummary & { readonly known: number };

export interface SyncParts {
  readonly store: IntakeStore;
  readonly scanner: Scanner;
  readonly clock: Clock;
  /** The proxy that new sessions get. */
  readonly proxyId: number | null;
  /** Encrypts a session for its row; null: sessions are nowhere but in their files. */
  readonly seal: Seal | null;
  /** Those that look at the same directory. */
  readonly cluster: Cluster;
  /** Of several that share the database, each numbers the device of SESSIONS_DIR its own way; empty: there is one. */
  readonly machine: string;
  /** Told after every look that may have changed something. */
  readonly onSynced: (report: SyncReport) => void;
  /** Told what every look that changes something says of the directory itself. */
  readonly availability: DirectoryAvailability;
}

/**
 * Makes rows of files. Everything that looks at SESSIONS_DIR comes through here, one at a time over all
 * replicas: the watcher, the hourly sweep, and `/sync`.
 */
export class SyncService {
  readonly #parts: SyncParts;
  readonly #turns: DirectoryTurns;
  #run: SyncRun | null = null;
  #completed = false;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    this.#turns = new DirectoryTurns(parts.cluster);
  }

  /** Whether the whole directory was looked at since the start. */
  get completed(): boolean {
    return this.#completed;
  }

  /** Whether the service is stopping: whatever looks at the directory is broken off. */
  get closing(): boolean {
    return this.#turns.closing;
  }

  /** Null: no files are being read. */
  get progress(): SyncProgress | null {
    return this.#run?.progress ?? null;
  }

  /**
   * Looks at the directory and makes rows and files agree.
   * @throws SessionsDirectoryUnreadable, and no row is touched.
   * @throws MassRemovalRefused, and no row is touched.
   * @throws Unavailable when the service stops, or loses its turn, meanwhile; what was done by then stays done.
   */
  async sync(options: SyncOptions = {}): Promise<SyncReport> {
    try {
      const report = await this.#turns.take((turn) => this.#look(options, turn));
      if (!options.dryRun) this.#parts.onSynced(report);
      return report;
    } catch (error) {
      if (!options.dryRun) this.#judge(error);
      throw error;
    }
  }

  #judge(error: unknown): void {
    const { availability } = this.#parts;
    if (error instanceof SessionsDirectoryUnreadable)
      availability.lost(`it can't be read: ${error.systemCode}`);
    if (!(error instanceof MassRemovalRefused)) return;
    if (error.looksLost) availability.lost(error.message, { looked: true });
    else availability.found(error.device);
  }

  /**
   * Does `work` when nobody looks at the directory, so that no half of what it changes there is ever made
   * into a row: after the looks asked for before, and before those asked for later. It must not wait for a
   * sync, which would wait for it. Rejects with what `work` rejects with, and the next in line has its turn.
   * @throws Unavailable when the service stops before its turn has come; `work` is not begun then.
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take((turn) => {
      turn.throwIfAborted();
      return work();
    });
  }

  /** Breaks off what is going on, and waits for it. */
  close(): Promise<void> {
    return this.#turns.close();
  }

  async #look(options: SyncOptions, turn: Turn): Promise<SyncReport> {
    turn.throwIfAborted();
    const { scanner } = this.#parts;
    let known = 0;
    try {
      const pages = this.#known(options.only, (names) => {
        known += names;
      });
      const summary = await scanner.begin(pages, options.only);
      if (options.only === undefined || summary.gone === 0)
        return await this.#agree({ ...summary, known }, options, turn);
    } finally {
      this.#run = null;
      await scanner.end();
    }
    // A file is gone: only a look at everything can tell a removal from a lost disk, or a new name.
    const { only: _, ...everything } = options;
    return this.#look(everything, turn);
  }

  async #agree(summary: Look, options: SyncOptions, turn: Turn): Promise<SyncReport> {
    const { store, machine } = this.#parts;
    const guard = options.only === undefined ? await this.#guard(summary, options) : () => undefined;
    this.#run = new SyncRun(this.#parts, options, turn);
    const report = await this.#run.carryOut(summary, guard);
    if (options.only !== undefined) return report;
    this.#completed = true;
    const moved = !options.dryRun && (await store.lastDevice(machine)) !== summary.device;
    if (moved) await store.saveDevice(machine, summary.device);
    return report;
  }

  /** What refuses to let too many rows go; where it does not, the directory is the one that the rows are of. */
  async #guard(
    { device, known, found }: Look,
    { force, dryRun }: SyncOptions,
  ): Promise<(gone: number) => void> {
    const { store, machine, availability } = this.#parts;
    const lastDevice = await store.lastDevice(machine);
    return (gone) => {
      const facts = { known, gone, found, device, lastDevice };
      const message = force ? null : guardTrips(facts);
      if (message) throw new MassRemovalRefused(message, facts);
      if (!dryRun) availability.found(device);
    };
  }

  async *#known(
    only: readonly string[] | undefined,
    count: (names: number) => void,
  ): AsyncIterable<KnownPage> {
    const { store } = this.#parts;
    if (only) {
      yield await store.knownOf(only);
      return;
    }
    for (let after = 0; ; ) {
      const page = await store.known(after, KNOWN_PAGE);
      if (page.names.length === 0) return;
      after = page.lastId;
      count(page.names.length);
      yield page;
    }
  }
}
