import { TeleGateError, Unavailable } from '../errors.js';
import type { Timers } from '../timers.js';
import type { Database } from './database.js';

/** After a write that failed, the next one is tried so much later, in milliseconds. */
const AGAIN_MS = 1000;

/**
 * Whether the database serves. To be asked costs one read: that it can be written is known from the small write
 * that the service makes now and then, and soon again after one that failed.
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

  /** Why it does not serve, without a path or a secret; null: it does. */
  async reason(): Promise<string | null> {
    return (await this.#database.probe().then(() => null, reasonOf)) ?? this.#failure;
  }

  /** Writes a little, and remembers how that went. @throws Unavailable. */
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
  if (error instanceof Unavailable && typeof error.detail !== 'string')
    return String(error.detail.message ?? error.message);
  return error instanceof TeleGateError ? error.message : 'the database does not answer';
}
