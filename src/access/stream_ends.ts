import type { ApiKey } from '../kernel/api_key.js';
import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import { type KeyService, REMEMBERED_MS } from './keys.js';

/** The open event streams. */
export interface OpenStreams {
  keys(): ApiKey[];
  onOpened(listener: () => void): void;
  /** Ends the streams of the keys that match. */
  end(whose: (key: ApiKey) => boolean): void;
}

export interface StreamEndsParts {
  readonly keys: KeyService;
  readonly events: OpenStreams;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Ends event streams with their keys: at once when a key is revoked over HTTP, when it expires, and within seconds
 * when it is revoked on the command line. Idle while no stream is open.
 */
export class StreamEnds {
  readonly #parts: StreamEndsParts;
  #stopTimer: (() => void) | null = null;

  constructor(parts: StreamEndsParts) {
    this.#parts = parts;
    parts.keys.onRevoked(async () => this.#end());
    parts.events.onOpened(() => this.#watch());
  }

  close(): void {
    this.#stopTimer?.();
  }

  #end(): void {
    const { events, keys } = this.#parts;
    events.end((key) => keys.isOver(key));
  }

  #watch(): void {
    const { events, keys, clock, timers } = this.#parts;
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#end();
    const open = events.keys();
    if (open.length === 0) return;
    const ends = open.flatMap(({ expiresAt }) => expiresAt ?? []);
    const delay = Math.max(1, Math.min(REMEMBERED_MS, ...ends.map((end) => end - clock.now())));
    this.#stopTimer = timers.after(delay, async () => {
      // Where the database is away, the next check finds out.
      await keys.recheck(events.keys()).catch(() => undefined);
      this.#watch();
    });
  }
}
