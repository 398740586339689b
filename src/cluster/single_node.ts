import { RateLimiterMemory } from 'rate-limiter-flexible';
import { KeyedMutex } from '../kernel/keyed_mutex.js';
import type { Cluster, Rate, RemoteQueues } from './cluster.js';

/** No requests wait elsewhere: there is one process. */
export const NO_REMOTE_QUEUES: RemoteQueues = {
  length: 0,
  waiting: [],
  ahead: () => 0,
  announce: () => undefined,
  onLeft: () => undefined,
  forgetLost: async () => false,
};

/** A process that has its database to itself: there are no other replicas. */
export class SingleNode implements Cluster {
  readonly queues = NO_REMOTE_QUEUES;
  readonly #mutex = new KeyedMutex();

  tell(): void {}

  onTold(): void {}

  exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return this.#mutex.run(name, async () => {
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
