import type { Logger } from 'winston';
import type { Clock } from '../clock.js';
import { runEvery } from '../jobs/scheduler.js';
import type { Timers } from '../timers.js';
import type { DirectoryAvailability } from './availability.js';
import type { RootIdentity, RootProbe } from './root_identity.js';

/** How often it is asked which directory lies at SESSIONS_DIR, in seconds. */
const PROBE_SECONDS = 3;

/** What is not watched is looked at again so long after the last look, in milliseconds: at the soonest, at the latest. */
const POLL_MS = 5_000;
const POLL_AT_LATEST_MS = 600_000;

/** A look that takes long is repeated after so many times as long: looking takes a twentieth of the time at most. */
const POLL_SPARSELY = 19;

export interface LookoutParts {
  readonly probe: Pick<RootProbe, 'look'>;
  readonly availability: DirectoryAvailability;
  /** Null: changes are found by looking again and again. */
  readonly watcher: { start(): void; close(): void } | null;
  /** Looks at the whole directory, and makes rows of it. Never rejects. */
  readonly sweep: (reason: string) => Promise<unknown>;
  /** The device that it lay on at the last sync; null: there was none. */
  readonly lastDevice: () => Promise<string | null>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Looks out for SESSIONS_DIR: whether it is there, goes, comes back, or becomes another one, and what changes
 * in it. It is watched and swept whenever it comes.
 */
export class DirectoryLookout {
  readonly #parts: LookoutParts;
  #identity: string | null = null;
  #sweeping = false;
  #sweepAgain = false;
  #polling = false;
  #stopped = false;
  #stopProbing = () => {};
  #stopPolling = () => {};

  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  /** Finds out whether the directory is there, and looks out from then on. The first sweep is the caller's. */
  async start(): Promise<void> {
    await this.#probe();
    const { timers, logger, watcher } = this.#parts;
    const every = { seconds: PROBE_SECONDS, name: 'sessions directory', timers, logger };
    this.#stopProbing = runEvery(every, async () => {
      if (await this.#probe()) void this.#sweep();
    });
    if (watcher === null) this.#poll();
  }

  /** Not all of the directory is watched: from now on it is looked at again and again as well. */
  notAllWatched(reason: string): void {
    if (this.#polling || this.#stopped) return;
    this.#parts.logger.warn(
      'not all of SESSIONS_DIR can be watched; it is looked at again and again instead',
      {
        reason,
      },
    );
    this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopProbing();
    this.#stopPolling();
    this.#parts.watcher?.close();
  }

  /** Whether a sweep is due. */
  async #probe(): Promise<boolean> {
    const { probe, availability, watcher } = this.#parts;
    const now = await probe.look();
    if (this.#stopped) return false;
    if ('fault' in now) {
      this.#identity = null;
      watcher?.close();
      availability.lost(now.fault);
      return false;
    }
    // A look may have seen a disk that was mounted and unmounted between two probes.
    const unseen = availability.reason === null && (availability.device ?? now.device) !== now.device;
    const another = unseen || now.identity !== this.#identity;
    if (another) await this.#follow(now);
    return another || (availability.worthALook && !this.#sweeping);
  }

  /** What lies there was not there before. */
  async #follow({ identity, device }: RootIdentity): Promise<void> {
    const { availability, lastDevice, watcher } = this.#parts;
    if (this.#identity !== null)
      availability.lost('another directory lies in its place and is being looked at');
    else if (availability.reason === null) {
      const last = await lastDevice();
      if (last !== null && last !== device)
        availability.lost('it lies on another device than at the last sync and is being looked at');
    }
    this.#identity = identity;
    if (!this.#stopped) watcher?.start();
  }

  async #sweep(): Promise<void> {
    this.#sweepAgain = true;
    if (this.#sweeping) return;
    this.#sweeping = true;
    while (this.#sweepAgain && !this.#stopped) {
      this.#sweepAgain = false;
      await this.#parts.sweep('sessions directory found');
    }
    this.#sweeping = false;
  }

  #poll(afterMs = POLL_MS): void {
    const { clock, timers, availability, sweep } = this.#parts;
    this.#polling = true;
    this.#stopPolling = timers.after(afterMs, async () => {
      const begun = clock.now();
      if (availability.reason === null) await sweep('poll');
      const sparse = (clock.now() - begun) * POLL_SPARSELY;
      if (!this.#stopped) this.#poll(Math.min(Math.max(sparse, POLL_MS), POLL_AT_LATEST_MS));
    });
  }
}
