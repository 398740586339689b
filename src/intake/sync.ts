import type { Clock } from '../clock.js';
import { Conflict, Unavailable } from '../errors.js';
import { guardTrips } from './guard.js';
import type { KnownPage, Scanner, ScanSummary } from './scanner.js';
import type { IntakeStore } from './store.js';
import { type SyncOptions, type SyncProgress, type SyncReport, SyncRun } from './sync_run.js';

/** Known files that are compared at a time. */
const KNOWN_PAGE = 5000;

export interface SyncParts {
  readonly store: IntakeStore;
  readonly scanner: Scanner;
  readonly clock: Clock;
  /** The proxy that new sessions get. */
  readonly proxyId: number | null;
  /** Told after every look at the whole directory. */
  readonly onDirectories: (directories: readonly string[]) => void;
}

/**
 * Makes rows of files. Everything that looks at SESSIONS_DIR comes through here, one at a time: the
 * watcher, the hourly sweep, and `/sync`.
 */
export class SyncService {
  readonly #parts: SyncParts;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #run: SyncRun | null = null;
  #completed = false;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  /** Whether the whole directory was looked at since the start. */
  get completed(): boolean {
    return this.#completed;
  }

  /** Whether the service is stopping: whatever looks at the directory is broken off. */
  get closing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Null: no files are being read. */
  get progress(): SyncProgress | null {
    return this.#run?.progress ?? null;
  }

  /**
   * Looks at the directory and makes rows and files agree.
   * @throws SessionsDirectoryUnreadable, and no row is touched.
   * @throws Conflict `mass_removal_guard`, and no row is touched.
   * @throws Unavailable when the service stops meanwhile; what was done by then stays done.
   */
  sync(options: SyncOptions = {}): Promise<SyncReport> {
    return this.#inTurn(() => this.#look(options));
  }

  /**
   * Does `work` when nobody looks at the directory, so that no half of what it changes there is ever made
   * into a row: after the looks asked for before, and before those asked for later. It must not wait for a
   * sync, which would wait for it. Rejects with what `work` rejects with, and the next in line has its turn.
   * @throws Unavailable when the service stops before its turn has come; `work` is not begun then.
   */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inTurn(() => {
      this.#closing.signal.throwIfAborted();
      return work();
    });
  }

  /** Breaks off what is going on, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort(new Unavailable('The service is stopping', 1));
    await this.#last;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #look(options: SyncOptions): Promise<SyncReport> {
    this.#closing.signal.throwIfAborted();
    const { scanner } = this.#parts;
    try {
      const summary = await scanner.begin(this.#known(options.only), options.only);
      if (options.only === undefined || summary.gone === 0) return await this.#agree(summary, options);
    } finally {
      this.#run = null;
      await scanner.end();
    }
    // A file is gone: only a look at everything can tell a removal from a lost disk, or a new name.
    const { only: _, ...everything } = options;
    return this.#look(everything);
  }

  async #agree(summary: ScanSummary, options: SyncOptions): Promise<SyncReport> {
    const { store, onDirectories } = this.#parts;
    const guard = options.only === undefined && !options.force ? await this.#guard(summary) : () => undefined;
    this.#run = new SyncRun(this.#parts, options, this.#closing.signal);
    const report = await this.#run.carryOut(summary, guard);
    if (options.only !== undefined) return report;
    this.#completed = true;
    onDirectories(summary.directories);
    const moved = !options.dryRun && (await store.lastDevice()) !== summary.device;
    if (moved) await store.saveDevice(summary.device);
    return report;
  }

  /** What refuses to let too many rows go. */
  async #guard({ device }: ScanSummary): Promise<(gone: number) => void> {
    const { store } = this.#parts;
    const known = await store.total();
    const lastDevice = await store.lastDevice();
    return (gone) => {
      const message = guardTrips({ known, gone, device, lastDevice });
      if (message) throw new Conflict({ error: 'mass_removal_guard', message, would_remove: gone, known });
    };
  }

  async *#known(only: readonly string[] | undefined): AsyncIterable<KnownPage> {
    const { store } = this.#parts;
    if (only) {
      yield await store.knownOf(only);
      return;
    }
    for (let after = 0; ; ) {
      const page = await store.known(after, KNOWN_PAGE);
      if (page.names.length === 0) return;
      after = page.lastId;
      yield page;
    }
  }
}
