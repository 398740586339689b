import type { Logger } from 'winston';
import { Unavailable } from '../kernel/errors.js';
import { exponentialDelay } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import type { DirectoryAvailability, RootProbe } from './root_watch.js';
import type { SyncService } from './sync.js';
import type { SyncOptions, SyncReport } from './sync_run.js';

/** How soon a file that was being written is scanned again, in milliseconds; ever later while it still is. */
const MIN_RETRY_MS = 2000;
const MAX_RETRY_MS = 120_000;

export interface SyncSchedulerParts {
  readonly probe: Pick<RootProbe, 'probe'>;
  readonly availability: DirectoryAvailability;
  readonly sync: SyncService;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Syncs the pool with the directory without being asked: at the start, hourly, when files change, and again. */
export class SyncScheduler {
  readonly #parts: SyncSchedulerParts;
  #stopTimer: (() => void) | null = null;
  #retries = 0;
  #due: readonly string[] | 'everything' = [];
  #failure: string | null = null;
  /** The error that was logged last: each poll may meet the same again. */
  #loggedError: string | null = null;

  constructor(parts: SyncSchedulerParts) {
    this.#parts = parts;
  }

  /** Why the pool may not know its files, without a path; null: it does. */
  async check(): Promise<string | null> {
    const { probe, availability, sync } = this.#parts;
    if (availability.reason) return availability.reason;
    const now = await probe.probe();
    if ('fault' in now) return now.fault;
    if (sync.completed) return null;
    if (this.#failure) return this.#failure;
    const { progress } = sync;
    return progress
      ? `first sync: ${progress.read} of ${progress.toRead} files read`
      : 'first sync of the files';
  }

  /** Syncs, and logs what goes wrong. Null: it went wrong. */
  async run(reason: string, options: SyncOptions = {}): Promise<SyncReport | null> {
    const { sync, availability } = this.#parts;
    try {
      // A directory that has come back must be seen whole before anything is leased from it.
      const { only: _, ...everything } = options;
      const report = await sync.sync(availability.reason === null ? options : everything);
      this.#failure = null;
      this.#loggedError = null;
      this.#logReport(reason, report);
      if (report.unsettled.length > 0) this.#retry(report.unsettled);
      else this.#retries = 0;
      return report;
    } catch (error) {
      this.#failed(reason, options, error);
      return null;
    }
  }

  stop(): void {
    this.#stopTimer?.();
  }

  #failed(reason: string, options: SyncOptions, error: unknown): void {
    const { sync, logger } = this.#parts;
    this.#failure = error instanceof Unavailable ? error.message : 'the sync failed; the log says why';
    // The database, or the lock, was lost: what is missed now would be missed until the next schedule.
    if (error instanceof Unavailable && !sync.closing) this.#retry(options.only);
    if (sync.closing) logger.debug('sync interrupted: the service is stopping', { reason });
    else this.#logError(reason, error);
  }

  #logReport(reason: string, report: SyncReport): void {
    const { added, removed, updated, missing, total, rejectedTotal: rejected } = report;
    const changed = added + removed + updated + missing > 0;
    const counts = { added, removed, updated, missing, total, rejected };
    this.#parts.logger.log(changed ? 'info' : 'debug', 'sync', { reason, ...counts });
  }

  #logError(reason: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const level = message === this.#loggedError ? 'debug' : 'error';
    this.#loggedError = message;
    this.#parts.logger.log(level, 'sync failed; no session was removed', { reason, error });
  }

  /** Syncs again in a while: everything, if any of the syncs that are due was to cover everything. */
  #retry(only: readonly string[] | undefined): void {
    this.#stopTimer?.();
    this.#due = only && this.#due !== 'everything' ? [...new Set([...this.#due, ...only])] : 'everything';
    const delayMs = exponentialDelay(this.#retries, MIN_RETRY_MS, MAX_RETRY_MS);
    this.#retries += 1;
    this.#stopTimer = this.#parts.timers.after(delayMs, () => {
      const due = this.#due;
      this.#due = [];
      void this.run('retry', due === 'everything' ? {} : { only: due });
    });
  }
}
