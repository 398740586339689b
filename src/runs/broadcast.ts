import type { Cluster } from '../cluster/cluster.js';
import type { Timers } from '../kernel/timers.js';
import type { RunSerializer } from './serialize.js';
import type { RunStore } from './store.js';

/** A run under way is published at most this often, in milliseconds. */
const INTERVAL_MS = 1000;

/** How many runs are published in one interval; the others follow in the next. */
const MAX_PER_INTERVAL = 50;

/** How many runs may wait to be published: more than change meanwhile. */
const MAX_PENDING = 1_000;

/** The topic on which other replicas are told, for their own listeners. */
const CHANGED = 'run changed';

export interface RunBroadcastParts {
  readonly runs: RunStore;
  readonly cluster: Cluster;
  readonly publish: (event: string, data: unknown) => void;
  readonly serialize: RunSerializer;
  readonly timers: Timers;
}

/** Publishes the progress of runs to the listeners of every replica. */
export class RunBroadcast {
  readonly #parts: RunBroadcastParts;
  readonly #pending = new Set<number>();
  #stopTimer: (() => void) | null = null;
  #closed = false;

  constructor(parts: RunBroadcastParts) {
    this.#parts = parts;
    parts.cluster.onTold(CHANGED, (run) => parts.publish('run', run));
  }

  /** The run has made progress, or has ended. */
  changed(runId: number): void {
    if (this.#pending.size < MAX_PENDING) this.#pending.add(runId);
    this.#publishSoon();
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
  }

  #publishSoon(): void {
    if (this.#closed || this.#pending.size === 0) return;
    this.#stopTimer ??= this.#parts.timers.after(INTERVAL_MS, () => void this.#publish());
  }

  async #publish(): Promise<void> {
    const { runs, cluster, publish, serialize } = this.#parts;
    for (const id of [...this.#pending].slice(0, MAX_PER_INTERVAL)) {
      this.#pending.delete(id);
      const run = await runs.run(id).catch(() => null);
      if (!run) continue;
      const serialized = serialize(run);
      publish('run', serialized);
      cluster.tell(CHANGED, serialized);
    }
    this.#stopTimer = null;
    this.#publishSoon();
  }
}
