import { access, constants, stat } from 'node:fs/promises';
import type { Logger } from 'winston';
import { runEvery } from '../jobs/scheduler.js';
import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import { systemCode } from './errors.js';

/** The directory that is at a path now. */
export interface RootIdentity {
  /** `st_dev` in decimal. */
  readonly device: string;
  /** Changes whenever another directory, or another disk, is there. */
  readonly identity: string;
}

/** How long a file system may take to answer, in milliseconds of real time. */
const ANSWER_MS = 3000;

/** Identifies the directory at a path. */
export class RootProbe {
  readonly #path: string;
  #asking: Promise<RootIdentity | { readonly fault: string }> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The directory, or why it can't be listed, without its path. Never rejects, and takes at most 3 s, even if a
   * network file system hangs: it is not asked again before it answers.
   */
  async probe(): Promise<RootIdentity | { readonly fault: string }> {
    this.#asking ??= identify(this.#path).finally(() => {
      this.#asking = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<{ readonly fault: string }>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS, { fault: 'it does not answer' }).unref();
    });
    try {
      return await Promise.race([this.#asking, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function identify(path: string): Promise<RootIdentity | { readonly fault: string }> {
  try {
    await access(path, constants.R_OK | constants.X_OK);
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) return { fault: "it can't be read: ENOTDIR" };
    return { device: String(stats.dev), identity: `${stats.dev}:${stats.ino}` };
  } catch (error) {
    return { fault: `it can't be read: ${systemCode(error)}` };
  }
}

/** Whether SESSIONS_DIR is available with the files of the rows. While it is not, no session of it may be leased. */
export class DirectoryAvailability {
  readonly #logger: Logger;
  readonly #listeners: ((reason: string | null) => void)[] = [];
  #reason: string | null = null;
  #device: string | null = null;
  #unscanned = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Why the directory counts as gone, without its path; null: it is there. */
  get reason(): string | null {
    return this.#reason;
  }

  /** The device (`st_dev` in decimal) on which it was last found; null: not found since the start. */
  get device(): string | null {
    return this.#device;
  }

  /** Whether a scan may find that it is back although nothing about the directory itself has changed. */
  get needsScan(): boolean {
    return this.#unscanned;
  }

  /**
   * Marks it as gone. `scanned`: it took a full scan to find that out, so another scan is due only once something
   * changes.
   */
  lost(reason: string, { scanned = false } = {}): void {
    this.#unscanned = !scanned;
    if (this.#reason === reason) return;
    this.#reason = reason;
    this.#logger.error('the sessions directory is gone: nothing is leased until it is back', { reason });
    this.#notify();
  }

  /** Marks it as available; `device`: its `st_dev` in decimal. */
  found(device: string): void {
    this.#device = device;
    this.#unscanned = false;
    if (this.#reason === null) return;
    this.#reason = null;
    this.#logger.info('the sessions directory is back');
    this.#notify();
  }

  /** Calls back with the reason, or null, whenever it changes. */
  onChanged(listener: (reason: string | null) => void): void {
    this.#listeners.push(listener);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener(this.#reason);
  }
}

/** How often the directory at SESSIONS_DIR is identified, in seconds. */
const PROBE_SECONDS = 3;

/** How long after the last scan unwatched directories are scanned again, in milliseconds. */
const MIN_POLL_MS = 5_000;
const MAX_POLL_MS = 600_000;

/** A slow scan is repeated after this multiple of its own duration: scanning takes at most a twentieth of the time. */
const POLL_PAUSE_FACTOR = 19;

export interface RootWatchParts {
  readonly probe: Pick<RootProbe, 'probe'>;
  readonly availability: DirectoryAvailability;
  /** Null: changes are found by polling. */
  readonly watcher: { start(): void; close(): void } | null;
  /** Syncs the whole directory. Never rejects. */
  readonly sync: (reason: string) => Promise<unknown>;
  /** Its device at the last sync; null: there was none. */
  readonly lastDevice: () => Promise<string | null>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Watches SESSIONS_DIR itself: whether it is there, disappears, comes back, or is replaced by another one. It is
 * synced, and its contents are watched or polled, whenever it appears.
 */
export class RootWatch {
  readonly #parts: RootWatchParts;
  #identity: string | null = null;
  #syncing = false;
  #syncAgain = false;
  #polling = false;
  #stopped = false;
  #stopProbing = () => {};
  #stopPolling = () => {};

  constructor(parts: RootWatchParts) {
    this.#parts = parts;
  }

  /** Finds out whether the directory is there, and watches it from then on. The first sync is the caller's. */
  async start(): Promise<void> {
    await this.#probe();
    const { timers, logger, watcher, availability } = this.#parts;
    // What a scan has found may be gone again by now, and a new directory may get the number of the old one.
    availability.onChanged((reason) => {
      if (reason === null) this.#identity = null;
    });
    const every = { seconds: PROBE_SECONDS, name: 'sessions directory', timers, logger };
    this.#stopProbing = runEvery(every, async () => {
      if (await this.#probe()) void this.#sync();
    });
    if (watcher === null) this.#poll();
  }

  /** Not all of the directory is watched: from now on it is polled as well. */
  pollToo(reason: string): void {
    if (this.#polling || this.#stopped) return;
    this.#parts.logger.warn('not all of SESSIONS_DIR can be watched; it is polled as well', { reason });
    this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopProbing();
    this.#stopPolling();
    this.#parts.watcher?.close();
  }

  /** Whether a sync is due. */
  async #probe(): Promise<boolean> {
    const { probe, availability, watcher } = this.#parts;
    const now = await probe.probe();
    if (this.#stopped) return false;
    if ('fault' in now) {
      this.#identity = null;
      watcher?.close();
      availability.lost(now.fault);
      return false;
    }
    // A scan may have seen a disk that was mounted and unmounted between two probes.
    const unseen = availability.reason === null && (availability.device ?? now.device) !== now.device;
    const changed = unseen || now.identity !== this.#identity;
    if (changed) await this.#follow(now);
    return changed || (availability.needsScan && !this.#syncing);
  }

  /** Called when another directory has appeared there. */
  async #follow({ identity, device }: RootIdentity): Promise<void> {
    const { availability, lastDevice, watcher } = this.#parts;
    if (this.#identity !== null)
      availability.lost('another directory has taken its place and is being scanned');
    else if (availability.reason === null) {
      const last = await lastDevice();
      if (last !== null && last !== device)
        availability.lost('it is on another device than at the last sync and is being scanned');
    }
    this.#identity = identity;
    if (!this.#stopped) watcher?.start();
  }

  async #sync(): Promise<void> {
    this.#syncAgain = true;
    if (this.#syncing) return;
    this.#syncing = true;
    while (this.#syncAgain && !this.#stopped) {
      this.#syncAgain = false;
      await this.#parts.sync('sessions directory found');
    }
    this.#syncing = false;
  }

  #poll(afterMs = MIN_POLL_MS): void {
    const { clock, timers, availability, sync } = this.#parts;
    this.#polling = true;
    this.#stopPolling = timers.after(afterMs, async () => {
      const begun = clock.now();
      if (availability.reason === null) await sync('poll');
      const pauseMs = (clock.now() - begun) * POLL_PAUSE_FACTOR;
      if (!this.#stopped) this.#poll(Math.min(Math.max(pauseMs, MIN_POLL_MS), MAX_POLL_MS));
    });
  }
}
