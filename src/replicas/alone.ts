import { RateLimiterMemory } from 'rate-limiter-flexible';
import { NO_OTHER_LINES } from '../pool/other_lines.js';
import { Turns } from '../turns.js';
import type { Rate, Replicas } from './replicas.js';

/** A process that has its database for itself: nobody else is told, waits, or does the same job. */
export class Alone implements Replicas {
  readonly lines = NO_OTHER_LINES;
  readonly #turns = new Turns();

  tell(): void {}

  onTold(): void {}

  exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return this.#turns.take(name, async () => {
      signal?.throwIfAborted();
      return work(new AbortController().signal);
    });
  }

  takeJob(): Promise<() => Promise<void>> {
    return Promise.resolve(async () => undefined);
  }

  limiter(_name: string, { points, seconds }: Rate): RateLimiterMemory {
    return new RateLimiterMemory({ points, duration: seconds });
  }
}
