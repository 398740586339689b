import type { Logger } from 'winston';
import type { SteadyClock, TimeSource } from '../../kernel/clock.js';
import type { Timers } from '../../kernel/timers.js';

/** How often the server is asked for its time, in milliseconds. */
const EVERY_MS = 5_000;

/** How many answers are kept: the fastest of them is the most accurate. */
const KEPT = 6;

/** A larger difference, in milliseconds, is not drift: one of the clocks was set, or this machine was suspended. */
const STEP_MS = 2_000;

export interface DatabaseClockParts {
  readonly time: TimeSource;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** The server's time minus this machine's, and the round trip time: the error is at most half of that. */
interface Sample {
  readonly offset: number;
  readonly tookMs: number;
}

/**
 * The server's clock, continued by this machine's monotonic clock from the server's last answer: replicas agree to
 * within a round trip, and reading it costs nothing. It never goes back.
 */
export class DatabaseClock implements SteadyClock {
  readonly #read: () => Promise<number>;
  readonly #parts: DatabaseClockParts;
  #samples: Sample[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #stop: () => void = () => {};
  #stopped = false;

  private constructor(read: () => Promise<number>, parts: DatabaseClockParts) {
    this.#read = read;
    this.#parts = parts;
  }

  /**
   * Asks the server, and repeats that every few seconds. `read`: the server's milliseconds since 1970. @throws
   * Unavailable.
   */
  static async start(read: () => Promise<number>, parts: DatabaseClockParts): Promise<DatabaseClock> {
    const clock = new DatabaseClock(read, parts);
    for (let asked = 0; asked < KEPT; asked += 1) clock.#keep(await clock.#ask());
    clock.#later();
    return clock;
  }

  now(): number {
    const { offset } = this.#best();
    this.#last = Math.max(this.#last, Math.floor(this.#parts.time.monotonic() + offset));
    return this.#last;
  }

  /** The server's own time. */
  display(at: number): Date {
    return new Date(at);
  }

  stop(): void {
    this.#stopped = true;
    this.#stop();
  }

  async #ask(): Promise<Sample> {
    const { time } = this.#parts;
    const asked = time.monotonic();
    const said = await this.#read();
    const tookMs = time.monotonic() - asked;
    return { offset: said - asked - tookMs / 2, tookMs };
  }

  #keep(sample: Sample): void {
    const off = this.#samples.length > 0 ? sample.offset - this.#best().offset : 0;
    if (Math.abs(off) - sample.tookMs > STEP_MS) {
      this.#parts.logger.warn(
        "the database's clock was set, or this machine was suspended; the database's time is adopted",
        {
          difference_ms: Math.round(off),
        },
      );
      this.#samples = [];
    }
    this.#samples = [...this.#samples.slice(1 - KEPT), sample];
  }

  #best(): Sample {
    return this.#samples.reduce((best, sample) => (sample.tookMs < best.tookMs ? sample : best));
  }

  #later(): void {
    this.#stop = this.#parts.timers.after(EVERY_MS, async () => {
      const sample = await this.#ask().catch(() => null);
      if (sample) this.#keep(sample);
      if (!this.#stopped) this.#later();
    });
  }
}
