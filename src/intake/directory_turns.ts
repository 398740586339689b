import type { Cluster } from '../cluster/cluster.js';
import { Unavailable } from '../errors.js';

/** What takes turns by this name works on SESSIONS_DIR. */
const NAME = 'sync';

/** Says, by throwing, that somebody else may be at the directory from now on, or that the service stops. */
export type Turn = Pick<AbortSignal, 'throwIfAborted'>;

/** Whoever works on SESSIONS_DIR has a turn: one at a time over all replicas, those of this one in order. */
export class DirectoryTurns {
  readonly #cluster: Cluster;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Whether no turn begins any more. */
  get closing(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Does `work` when its turn has come; rejects with what it rejects with, and the next in line has its turn.
   * @throws Unavailable when the service stops before that; `work` is not begun then.
   */
  take<Result>(work: (turn: Turn) => Promise<Result>): Promise<Result> {
    const { signal } = this.#closing;
    const inTurn = (lost: AbortSignal) => work({ throwIfAborted: () => throwIfOver(signal, lost) });
    const next = this.#last.then(() => this.#cluster.exclusively(NAME, inTurn, signal));
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Tells the turn that is going on to end, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort(new Unavailable('The service is stopping', 1));
    await this.#last;
  }
}

function throwIfOver(closing: AbortSignal, lost: AbortSignal): void {
  closing.throwIfAborted();
  if (lost.aborted) throw new Unavailable('Another replica may be looking at the session files by now', 5);
}
