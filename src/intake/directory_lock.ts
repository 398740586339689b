import type { Cluster } from '../cluster/cluster.js';
import { Unavailable } from '../kernel/errors.js';

/** Throws once somebody else may work on the directory, or the service stops. */
export type LockSignal = Pick<AbortSignal, 'throwIfAborted'>;

/** The name of the lock on SESSIONS_DIR, at all replicas. */
const LOCK_NAME = 'sync';

/** Lets one caller at a time, at all replicas, work on SESSIONS_DIR; those of this one in order. */
export class DirectoryLock {
  readonly #cluster: Cluster;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Whether the lock is no longer granted. */
  get closing(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Does `work` while it holds the lock; rejects with what it rejects with, and the next in the queue goes on.
   * @throws Unavailable when the service stops before that; `work` is not begun then.
   */
  hold<Result>(work: (lock: LockSignal) => Promise<Result>): Promise<Result> {
    const { signal } = this.#closing;
    const locked = (lost: AbortSignal) => work({ throwIfAborted: () => throwIfOver(signal, lost) });
    const next = this.#last.then(() => this.#cluster.exclusively(LOCK_NAME, locked, signal));
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Tells who holds the lock to end, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort(new Unavailable('The service is stopping', 1, { code: 'shutting_down' }));
    await this.#last;
  }
}

function throwIfOver(closing: AbortSignal, lost: AbortSignal): void {
  closing.throwIfAborted();
  if (lost.aborted)
    throw new Unavailable('Another replica may be syncing the session files by now', 5, {
      code: 'sync_under_way',
    });
}
