import type { Logger } from 'winston';
import { Unavailable } from '../errors.js';
import type { Timers } from '../timers.js';
import type { DirectoryAvailability } from './availability.js';
import type { RootProbe } from './root_identity.js';
import type { SyncService } from './sync.js';
import type { SyncOptions, SyncReport } from './sync_report.js';

/** A file that was being written to is looked at again after so long, in milliseconds, and then ever less often. */
const UNSETTLED_MS = 2000;
const UNSETTLED_AT_MOST_MS = 120_000;

export interface UpkeepParts {
  readonly probe: Pick<RootProbe, 'look'>;
  readonly availability: DirectoryAvailability;
  readonly sync: SyncService;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Keeps the pool and the directory in step without being asked: at the start, hourly, and when files change. */
export class IntakeUpkeep {
  readonly #parts: UpkeepParts;
  #stopTimer: (() => void) | null = null;
  #unsettledMs = UNSETTLED_MS;
  #due: readonly string[] | 'everything' = [];
  #failure: string | null = null;
  /** What was said last of a sync that went wrong: each poll may find the same again. */
  #said: string | null = null;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Why the pool can't be said to know its files, without a path; null: it does. */
  async check(): Promise<string | null> {
    const { probe, availability, sync } = this.#parts;
    if (availability.reason) return availability.reason;
    const now = await probe.look();
    if ('fault' in now) return now.fault;
    if (sync.completed) return null;
    if (this.#failure) return this.#failure;
    const { progress } = sync;
    return progress
      ? `first look at the files: ${progress.read} of ${progress.toRead} read`
      : 'first look at the files';
  }

  /** Syncs; what goes wrong is logged. Null: it went wrong. */
  async run(reason: string, options: SyncOptions = {}): Promise<SyncReport | null> {
    const { sync, logger, availability } = this.#parts;
    try {
      // A directory that has come back is to be seen whole before anything is leased from it.
      const { only: _, ...everything } = options;
      const report = await sync.sync(availability.reason === null ? options : everything);
      this.#failure = null;
      this.#said = null;
      const { added, removed, updated, missing, total, rejectedTotal } = report;
      const changed = added + removed + updated + missing > 0;
      logger.log(changed ? 'info' : 'debug', 'sync', {
        reason,
        added,
        removed,
        updated,
        missing,
        total,
        rejected: rejectedTotal,
      });
      if (report.unsettled.length > 0) this.#again(report.unsettled);
      else this.#unsettledMs = UNSETTLED_MS;
      return report;
    } catch (error) {
      this.#failure =
        error instanceof Unavailable ? error.message : 'it could not be synced; the log says why';
      // The database, or the turn, was lost: what is missed now would be missed until the next schedule.
      if (error instanceof Unavailable && !sync.closing) this.#again(options.only);
      if (sync.closing) logger.debug('sync broken off: the service is stopping', { reason });
      else this.#log(reason, error);
      return null;
    }
  }

  stop(): void {
    this.#stopTimer?.();
  }

  #log(reason: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const level = message === this.#said ? 'debug' : 'error';
    this.#said = message;
    this.#parts.logger.log(level, 'sync failed; no session was removed', { reason, error });
  }

  /** Looks once more in a while: at everything, if any of the looks that are due was to be at everything. */
  #again(only: readonly string[] | undefined): void {
    this.#stopTimer?.();
    this.#due = only && this.#due !== 'everything' ? [...new Set([...this.#due, ...only])] : 'everything';
    this.#stopTimer = this.#parts.timers.after(this.#unsettledMs, () => {
      const due = this.#due;
      this.#due = [];
      void this.run('once more', due === 'everything' ? {} : { only: due });
    });
    this.#unsettledMs = Math.min(this.#unsettledMs * 2, UNSETTLED_AT_MOST_MS);
  }
}
