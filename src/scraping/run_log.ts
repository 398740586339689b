import type { Clock } from '../clock.js';
import type { RunLogEntry, RunStore } from './store.js';

/** What a run tells those who look after it. */
export class RunLog {
  readonly #runs: Pick<RunStore, 'log'>;
  readonly #clock: Clock;

  constructor(runs: Pick<RunStore, 'log'>, clock: Clock) {
    this.#runs = runs;
    this.#clock = clock;
  }

  write(runId: number, level: RunLogEntry['level'], message: string): Promise<void> {
    return this.#runs.log(runId, [{ at: this.#clock.now(), level, message }]);
  }
}
