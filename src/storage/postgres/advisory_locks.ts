import { Turns } from '../../turns.js';
import type { PostgresOptions } from './connect.js';
import { LockConnection } from './lock_connection.js';

/** Work that one of all replicas does at a time. Each name that is in use takes one connection beside the pool's. */
export class AdvisoryLocks {
  readonly #options: PostgresOptions;
  readonly #turns = new Turns();

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  /** As `Replicas.exclusively`. */
  exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    let begun = false;
    // Those of this process wait for each other here, so that only one of them has a connection.
    const turn = this.#turns.take(name, async () => {
      signal?.throwIfAborted();
      const lock = await LockConnection.wait(this.#options, { kind: 'work', name }, signal);
      begun = true;
      try {
        return await work(lock.lost);
      } finally {
        await lock.release();
      }
    });
    return signal ? orAborted(turn, signal, () => begun) : turn;
  }
}

/** The result, or the signal's reason if it is aborted before the work began. */
function orAborted<Result>(
  result: Promise<Result>,
  signal: AbortSignal,
  begun: () => boolean,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = () => begun() || reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
