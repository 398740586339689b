import type { Logger } from 'winston';

/**
 * Whether SESSIONS_DIR is there with the files that the rows stand for. While it is not, no session of it may
 * be leased.
 */
export class DirectoryAvailability {
  readonly #logger: Logger;
  readonly #listeners: ((reason: string | null) => void)[] = [];
  #reason: string | null = null;
  #device: string | null = null;
  #doubtful = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Why the directory counts as gone, without its path; null: it is there. */
  get reason(): string | null {
    return this.#reason;
  }

  /** The device (`st_dev` in decimal) on which it was found last; null: it was not found since the start. */
  get device(): string | null {
    return this.#device;
  }

  /** Whether a look may find that it is back although nothing about the directory itself has changed. */
  get worthALook(): boolean {
    return this.#doubtful;
  }

  /**
   * Counts as gone from now on. `looked`: everything in it was looked at to find that out, so that another
   * look is due only once something changes.
   */
  lost(reason: string, { looked = false } = {}): void {
    this.#doubtful = !looked;
    if (this.#reason === reason) return;
    this.#reason = reason;
    this.#logger.error('the sessions directory is gone: nothing is leased until it is back', { reason });
    this.#tell();
  }

  /** Counts as there from now on; `device`: its `st_dev` in decimal. */
  found(device: string): void {
    this.#device = device;
    this.#doubtful = false;
    if (this.#reason === null) return;
    this.#reason = null;
    this.#logger.info('the sessions directory is back');
    this.#tell();
  }

  /** Calls back with the reason, or null, whenever it changes. */
  onChanged(listener: (reason: string | null) => void): void {
    this.#listeners.push(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#reason);
  }
}
