import { TeleGateError } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import type { Database } from './database.js';

/** The delay before a failed write is retried, in milliseconds. */
const AGAIN_MS = 1000;

/**
 * The health of the database. Checking it costs one read: whether it can be written is known from the small write
 * that the service makes periodically, and soon again after a failure.
 */
export class DatabaseHealth {
  readonly #database: Pick<Database, 'probe' | 'touch'>;
  readonly #timers: Timers;
  #failure: string | null = null;
  #stopTimer: (() => void) | null = null;
  #stopped = false;

  constructor(database: Pick<Database, 'probe' | 'touch'>, timers: Timers) {
    this.#database = database;
    this.#timers = timers;
  }

  /** Why it is unhealthy, without a path or secret; null: it is healthy. */
  async reason(): Promise<string | null> {
    return (await this.#database.probe().then(() => null, reasonOf)) ?? this.#failure;
  }

  /** Writes a value, and remembers whether that succeeded. @throws Unavailable. */
  async touch(): Promise<void> {
    try {
      await this.#database.touch();
      this.#failure = null;
    } catch (error) {
      this.#failure = reasonOf(error);
      if (!this.#stopped)
        this.#stopTimer ??= this.#timers.after(AGAIN_MS, () => {
          this.#stopTimer = null;
          this.touch().catch(() => undefined);
        });
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer?.();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof TeleGateError ? error.message : 'the database does not answer';
}
