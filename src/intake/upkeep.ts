import { access, constants } from 'node:fs/promises';
import type { Logger } from 'winston';
import { TeleGateError } from '../errors.js';
import type { Timers } from '../timers.js';
import type { SyncService } from './sync.js';
import type { SyncOptions, SyncReport } from './sync_run.js';

/** A file that was being written to is looked at again after so long, in milliseconds, and then ever less often. */
const UNSETTLED_MS = 2000;
const UNSETTLED_AT_MOST_MS = 120_000;

export interface UpkeepParts {
  readonly root: string;
  readonly sync: SyncService;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onSynced: (report: SyncReport) => void;
}

/** Keeps the pool and the directory in step without being asked: at the start, hourly, and when files change. */
export class IntakeUpkeep {
  readonly #parts: UpkeepParts;
  #stopTimer: (() => void) | null = null;
  #unsettledMs = UNSETTLED_MS;
  #failure: string | null = null;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Why the pool can't be said to know its files; null: it does. */
  async check(): Promise<string | null> {
    const { root, sync } = this.#parts;
    try {
      await access(root, constants.R_OK | constants.X_OK);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (sync.completed) return null;
    if (this.#failure) return this.#failure;
    const { progress } = sync;
    return progress
      ? `first look at the files: ${progress.read} of ${progress.toRead} read`
      : 'first look at the files';
  }

  /** Syncs; what goes wrong is logged. Null: it went wrong. */
  async run(reason: string, options: SyncOptions = {}): Promise<SyncReport | null> {
    const { sync, logger, onSynced } = this.#parts;
    try {
      const report = await sync.sync(options);
      this.#failure = null;
      onSynced(report);
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
        error instanceof TeleGateError ? error.message : 'the sessions directory could not be synced';
      if (sync.closing) logger.debug('sync broken off: the service is stopping', { reason });
      else logger.error('sync failed; no session was removed', { reason, error });
      return null;
    }
  }

  stop(): void {
    this.#stopTimer?.();
  }

  #again(names: readonly string[]): void {
    this.#stopTimer?.();
    this.#stopTimer = this.#parts.timers.after(
      this.#unsettledMs,
      () => void this.run('unsettled files', { only: names }),
    );
    this.#unsettledMs = Math.min(this.#unsettledMs * 2, UNSETTLED_AT_MOST_MS);
  }
}
