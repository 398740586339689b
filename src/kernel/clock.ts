import { readFileSync } from 'node:fs';

/** A clock: whole milliseconds, roughly since 1970, that never go back. */
export interface Clock {
  now(): number;
}

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000;

/** The machine's own clocks, in milliseconds: `monotonic` counts from the boot that `bootId` names. */
export interface TimeSource {
  wall(): number;
  monotonic(): number;
  /** Null if the machine does not identify its boots. */
  bootId(): string | null;
}

/** One instant on the machine's clock and on ours, saved so that a later process can continue from it. */
export interface ClockAnchor {
  readonly bootId: string | null;
  readonly monotonic: number;
  readonly steady: number;
}

/** A clock whose deadlines a step of the wall clock neither shortens nor extends. */
export interface SteadyClock extends Clock {
  /**
   * The instant `at` of this clock on the current wall clock, within 2 s. Unless the wall clock is stepped by more
   * than that, an instant is always shown as the same time.
   */
  display(at: number): Date;
}

/** A clock of this machine that a later process can continue. */
export interface AnchoredClock extends SteadyClock {
  /** The present, to be saved. */
  anchor(): ClockAnchor;
}

/** The instant `at` of this clock as ISO 8601 in UTC. */
export function iso(clock: Pick<SteadyClock, 'display'>, at: number): string {
  return clock.display(at).toISOString();
}

/** The instant that `display` shows as `date`, in milliseconds on this clock. */
export function momentOf(date: Date, clock: SteadyClock): number {
  const now = clock.now();
  return date.getTime() - (clock.display(now).getTime() - now);
}

const LARGEST_UNSEEN_STEP_MS = 2_000;

/**
 * Continues from `anchor` by the machine's monotonic clock, if that has been running since; after a reboot, from the
 * wall clock, or from `anchor` if the wall clock is behind it. Without an anchor, starts at the wall clock.
 */
export function createSteadyClock(source: TimeSource, anchor: ClockAnchor | null): AnchoredClock {
  const bootId = source.bootId();
  const startedAt = source.monotonic();
  const base = startingPoint(source.wall(), { bootId, monotonic: startedAt }, anchor);
  let last = Number.NEGATIVE_INFINITY;
  let shownOffset = 0;

  function now(): number {
    last = Math.max(last, Math.floor(base + source.monotonic() - startedAt));
    return last;
  }
  return {
    now,
    display(at) {
      const offset = source.wall() - now();
      if (Math.abs(offset - shownOffset) > LARGEST_UNSEEN_STEP_MS) {
        shownOffset = Math.abs(offset) > LARGEST_UNSEEN_STEP_MS ? Math.round(offset) : 0;
      }
      return new Date(at + shownOffset);
    },
    anchor() {
      const steady = now();
      // The machine's time at which `steady` started, so that no fraction is lost between processes.
      return { bootId, monotonic: startedAt + (steady - base), steady };
    },
  };
}

function startingPoint(
  wall: number,
  here: { bootId: string | null; monotonic: number },
  anchor: ClockAnchor | null,
): number {
  if (anchor === null || !Number.isFinite(anchor.steady)) return wall;
  const elapsed = here.monotonic - anchor.monotonic;
  const sameBoot = here.bootId !== null && here.bootId === anchor.bootId;
  // A monotonic clock behind the anchor is not the one it was taken from, whatever the boot's id.
  if (sameBoot && elapsed >= 0) return anchor.steady + elapsed;
  return Math.max(wall, anchor.steady);
}

/** The clocks of this machine. On Linux, all processes since one boot share `monotonic`. */
export const systemTime: TimeSource = {
  wall: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  bootId() {
    try {
      return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null;
    } catch {
      return null;
    }
  },
};

/** What a clock showed at an instant of this machine's monotonic clock, both in milliseconds. */
export interface ClockReading {
  readonly at: number;
  readonly monotonic: number;
}

/** Another thread's clock, continued by the machine's monotonic clock from the reading that was told last. */
export class FollowingClock implements Clock {
  readonly #monotonic: () => number;
  #reading: ClockReading;
  #last = Number.NEGATIVE_INFINITY;

  constructor(reading: ClockReading, monotonic: () => number) {
    this.#reading = reading;
    this.#monotonic = monotonic;
  }

  /** Continues from this reading from now on. */
  follow(reading: ClockReading): void {
    this.#reading = reading;
  }

  now(): number {
    const { at, monotonic } = this.#reading;
    this.#last = Math.max(this.#last, Math.floor(at + this.#monotonic() - monotonic));
    return this.#last;
  }
}
