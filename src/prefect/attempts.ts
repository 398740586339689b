import { LRUCache } from 'lru-cache';
import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';
import type { PrefectAvailability } from './availability.js';
import type { CallOptions } from './http.js';

export interface AttemptsParts {
  readonly availability: PrefectAvailability;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Does `what`, the name of one piece of work on one run, unless it failed a moment ago. */
export type Attempt = (what: string, work: () => Promise<unknown>, options: CallOptions) => Promise<void>;

/** What Prefect answered with an error is left alone for so long, in milliseconds. */
const SET_ASIDE_MS = 30_000;

/** How much is remembered that failed. */
const MAX_SET_ASIDE = 10_000;

/** What fails for one run does not keep the others waiting; but Prefect's absence, or the database's, does. */
export class Attempts {
  readonly #parts: AttemptsParts;
  /** Until when what failed is left alone. */
  readonly #setAside = new LRUCache<string, number>({ max: MAX_SET_ASIDE });

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** Rejects as the work if nobody answers, or the signal is aborted. Arrow function: it is passed on. */
  readonly attempt: Attempt = async (what, work, { signal }) => {
    const { clock, logger, availability } = this.#parts;
    if ((this.#setAside.get(what) ?? 0) > clock.now()) return;
    try {
      await work();
      this.#setAside.delete(what);
    } catch (error) {
      if (error instanceof Unavailable || signal?.aborted) throw error;
      availability.answered();
      this.#setAside.set(what, clock.now() + SET_ASIDE_MS);
      logger.warn('Prefect could not be told of a run; it is tried again', { work: what, error });
    }
  };
}
