import type { SteadyClock } from '../clock.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Timers } from '../timers.js';
import { presentRun } from './run_present.js';
import type { RunStore } from './store.js';

/** A run that goes on is told of at most this often, in milliseconds. */
const EVERY_MS = 1000;

/** Runs that are told of at one time; the others' turn comes the next time. */
const MOST_AT_ONCE = 50;

/** Runs whose turn is yet to come: more than change in the time that it takes. */
const MOST_CHANGED = 1_000;

/** What is told to the other replicas, for those who listen there. */
const CHANGED = 'run changed';

export interface RunBroadcastParts {
  readonly runs: RunStore;
  readonly cluster: Cluster;
  readonly publish: (event: string, data: unknown) => void;
  readonly clock: SteadyClock;
  readonly timers: Timers;
}

/** Tells those who listen how runs go on, at every replica. */
export class RunBroadcast {
  readonly #parts: RunBroadcastParts;
  readonly #changed = new Set<number>();
  #stopTimer: (() => void) | null = null;
  #closed = false;

  constructor(parts: RunBroadcastParts) {
    this.#parts = parts;
    parts.cluster.onTold(CHANGED, (run) => parts.publish('run', run));
  }

  /** The run goes on, or has come to its end. */
  changed(runId: number): void {
    if (this.#changed.size < MOST_CHANGED) this.#changed.add(runId);
    this.#tellSoon();
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
  }

  #tellSoon(): void {
    if (this.#closed || this.#changed.size === 0) return;
    this.#stopTimer ??= this.#parts.timers.after(EVERY_MS, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const { runs, cluster, publish, clock } = this.#parts;
    for (const id of [...this.#changed].slice(0, MOST_AT_ONCE)) {
      this.#changed.delete(id);
      const run = await runs.run(id).catch(() => null);
      if (!run) continue;
      const told = presentRun(run, clock);
      publish('run', told);
      cluster.tell(CHANGED, told);
    }
    this.#stopTimer = null;
    this.#tellSoon();
  }
}
