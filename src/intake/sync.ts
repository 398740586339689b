import type { Cluster } from '../cluster/cluster.js';
import type { AdoptionParts } from '../peers/adoption.js';
import { DirectoryLock, type LockSignal } from './directory_lock.js';
import { MassRemovalRefused, SessionsDirectoryUnreadable } from './errors.js';
import { ChannelBacklog } from './remembered_channels.js';
import type { DirectoryAvailability } from './root_watch.js';
import type { KnownPage, ScanSummary } from './scan_protocol.js';
import type { Scanner } from './scanner.js';
import type { IntakeStore } from './store.js';
import { removalRefusal } from './sync_rules.js';
import {
  type EncryptCredentials,
  type SyncOptions,
  type SyncProgress,
  type SyncReport,
  SyncRun,
} from './sync_run.js';

/** Known files that are compared at a time. */
const KNOWN_PAGE = 5000;

/** A scan, and how many sessions with files were known before it. */
type CountedScan = ScanSummary & { readonly known: number };

export interface SyncParts extends AdoptionParts {
  readonly store: IntakeStore;
  readonly scanner: Scanner;
  /** The proxy of new sessions. */
  readonly proxyId: number | null;
  /** Null: sessions are nowhere but in their files. */
  readonly encrypt: EncryptCredentials | null;
  /** Those that may sync the same directory. */
  readonly cluster: Cluster;
  /** Of several that share the database, each numbers the device of SESSIONS_DIR its own way; empty: there is one. */
  readonly machine: string;
  /** Called after every sync that may have changed something. */
  readonly onSynced: (report: SyncReport) => void;
  /** Updated after every sync that may have changed something. */
  readonly availability: DirectoryAvailability;
}

/**
 * Makes rows of files. Everything that scans SESSIONS_DIR comes through here, one at a time at all
 * replicas: the watcher, the hourly sync, and `/sync`.
 */
export class SyncService {
  readonly #parts: SyncParts;
  readonly #lock: DirectoryLock;
  readonly #backlog: ChannelBacklog;
  #run: SyncRun | null = null;
  #completed = false;
  #syncedAt: number | null = null;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    this.#lock = new DirectoryLock(parts.cluster);
    this.#backlog = new ChannelBacklog(parts, (work) => this.#lock.hold(work));
  }

  /** Whether the whole directory was synced since the start. */
  get completed(): boolean {
    return this.#completed;
  }

  /** When the whole directory was last synced; null: not since the start. */
  get syncedAt(): number | null {
    return this.#syncedAt;
  }

  /** Whether the service is stopping: whatever is under way is interrupted. */
  get closing(): boolean {
    return this.#lock.closing;
  }

  /** Null: no files are being read. */
  get progress(): SyncProgress | null {
    return this.#run?.progress ?? null;
  }

  /**
   * Scans the directory and makes rows and files agree.
   * @throws SessionsDirectoryUnreadable, and no row is touched.
   * @throws MassRemovalRefused, and no row is touched.
   * @throws Unavailable when the service stops, or loses the lock, meanwhile; what was done by then stays done.
   */
  async sync(options: SyncOptions = {}): Promise<SyncReport> {
    try {
      const report = await this.#lock.hold((lock) => this.#sync(options, lock));
      if (!options.dryRun) this.#parts.onSynced(report);
      return report;
    } catch (error) {
      if (!options.dryRun) this.#noteAvailability(error);
      throw error;
    }
  }

  #noteAvailability(error: unknown): void {
    const { availability } = this.#parts;
    if (error instanceof SessionsDirectoryUnreadable)
      availability.lost(`it can't be read: ${error.systemCode}`);
    if (!(error instanceof MassRemovalRefused)) return;
    if (error.looksLost) availability.lost(error.message, { scanned: true });
    else availability.found(error.device);
  }

  /**
   * Does `work` while nobody syncs the directory, so that no half of what it changes there is ever made
   * into a row: after the syncs requested before, and before those requested later. It must not wait for a
   * sync, which would wait for it. Rejects with what `work` rejects with, and the next in the queue goes on.
   * @throws Unavailable when the service stops before that; `work` is not begun then.
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#lock.hold((lock) => {
      lock.throwIfAborted();
      return work();
    });
  }

  /** Interrupts what is going on, and waits for it. */
  async close(): Promise<void> {
    await this.#lock.close();
    await this.#backlog.ended();
  }

  async #sync(options: SyncOptions, lock: LockSignal): Promise<SyncReport> {
    lock.throwIfAborted();
    const { scanner } = this.#parts;
    let known = 0;
    try {
      const pages = this.#known(options.only, (names) => {
        known += names;
      });
      const summary = await scanner.begin(pages, options.only);
      if (options.only === undefined || summary.gone === 0)
        return await this.#reconcile({ ...summary, known }, options, lock);
    } finally {
      this.#run = null;
      await scanner.end();
    }
    // A file is gone: only a scan of everything can tell a removal from a lost disk, or a new name.
    const { only: _, ...everything } = options;
    return this.#sync(everything, lock);
  }

  async #reconcile(scan: CountedScan, options: SyncOptions, lock: LockSignal): Promise<SyncReport> {
    const { store, machine } = this.#parts;
    const guard = options.only === undefined ? await this.#guard(scan, options) : () => undefined;
    this.#run = new SyncRun(this.#parts, options, lock);
    const report = await this.#run.carryOut(scan, guard);
    this.#backlog.add(this.#run.unreadChannels);
    if (options.only !== undefined) return report;
    this.#completed = true;
    if (options.dryRun) return report;
    this.#syncedAt = this.#parts.clock.now();
    if ((await store.lastDevice(machine)) !== scan.device) await store.saveDevice(machine, scan.device);
    return report;
  }

  /** What refuses to let too many rows go; where it does not, the directory is the one that the rows are of. */
  async #guard(
    { device, known, found }: CountedScan,
    { force, dryRun }: SyncOptions,
  ): Promise<(gone: number) => void> {
    const { store, machine, availability } = this.#parts;
    const lastDevice = await store.lastDevice(machine);
    return (gone) => {
      const refusal = force ? null : removalRefusal({ known, gone, found, device, lastDevice });
      if (refusal) throw refusal;
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
