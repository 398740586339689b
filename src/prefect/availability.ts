import type { Logger } from 'winston';
import { PrefectUnreachable } from './errors.js';

/** Whether Prefect answers; says in the log when that changes. */
export class PrefectAvailability {
  readonly #logger: Logger;
  #reason: string | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Why it is not available; null: it is, as far as is known. */
  get reason(): string | null {
    return this.#reason;
  }

  answered(): void {
    if (this.#reason === null) return;
    this.#reason = null;
    this.#logger.info('Prefect answers again');
  }

  /** Takes what a call rejected with; says whether Prefect did not answer. */
  failed(error: unknown): boolean {
    if (!(error instanceof PrefectUnreachable)) return false;
    if (this.#reason === null) this.#logger.warn('Prefect is not available; runs continue', { error });
    this.#reason = error.message;
    return true;
  }
}
