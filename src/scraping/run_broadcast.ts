import type { SteadyClock } from '../clock.js';
import type { Replicas } from '../replicas/replicas.js';
import type { Timers } from '../timers.js';
import { presentRun } from './run_present.js';
import type { RunStore } from './store.js';

/** A run that goes on is told of at most this often, in milliseconds. */
const EVERY_MS = 1000;

/** Runs that are told of at one time; the others' turn comes with their next change. */
const MOST_AT_ONCE = 50;

/** What is told to the other replicas, for those who listen there. */
const CHANGED = 'run changed';

export interface RunBroadcastParts {
  readonly runs: RunStore;
  readonly replicas: Replicas;
  readonly publish: (event: string, data: unknown) => void;
  readonly clock: SteadyClock;
  readonly timers: Timers;
}

/** Tells those who listen how runs go on, at every replica. */
export class RunBroadcast {
  readonly #parts: RunBroadcastParts;
  readonly #changed = new Set<number>();
  #stopTimer: (() => void) | null = null;

  constructor(parts: RunBroadcastParts) {
    this.#parts = parts;
    parts.replicas.onTold(CHANGED, (run) => parts.publish('run', run));
  }

  /** The run goes on, or has come to its end. */
  changed(runId: number): void {
    if (this.#changed.size < MOST_AT_ONCE) this.#changed.add(runId);
    this.#stopTimer ??= this.#parts.timers.after(EVERY_MS, () => void this.#tell());
  }

  close(): void {
    this.#stopTimer?.();
  }

  async #tell(): Promise<void> {
    this.#stopTimer = null;
    const { runs, replicas, publish, clock } = this.#parts;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const id of changed) {
      const run = await runs.run(id).catch(() => null);
      if (!run) continue;
      const told = presentRun(run, clock);
      publish('run', told);
      replicas.tell(CHANGED, told);
    }
  }
}
