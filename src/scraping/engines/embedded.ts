import type { Logger } from 'winston';
import type { Clock } from '../../kernel/clock.js';
import type { Timers } from '../../kernel/timers.js';
import {
  type Engine,
  type ExecuteRun,
  type OwnedRun,
  RunCancelled,
  ServiceStopping,
} from '../../runs/engine.js';
import type { Run, RunStore } from '../../runs/store.js';
import { executeOwnedRun } from './owned_run.js';
import { RUN_LEASE_TTL_MS } from './run_heartbeat.js';

/** How often to look for runs that were not announced (deferred ones, those of lost replicas), in milliseconds. */
export const POLL_MS = 5_000;

export interface EmbeddedEngineParts {
  readonly runs: RunStore;
  readonly executeRun: ExecuteRun;
  /** A name for the owner of one run, never the same twice: an earlier owner can't be mistaken for a later one. */
  readonly newOwner: () => string;
  /** How many runs may be executed at once, over all replicas. */
  readonly maxConcurrentRuns: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called when a run was taken, has ended, was cancelled, or was released. */
  readonly onChanged: (runId: number) => void;
}

/** Executes runs in this process, as many at once as are allowed. */
export class EmbeddedEngine implements Engine {
  readonly #parts: EmbeddedEngineParts;
  readonly #active = new Map<number, { readonly abort: AbortController; readonly done: Promise<void> }>();
  #taking: Promise<void> | null = null;
  #wakened = false;
  #closed = false;
  #stopTimer: () => void = () => {};

  constructor(parts: EmbeddedEngineParts) {
    this.#parts = parts;
  }

  /** Looks for runs from now on. */
  start(): void {
    this.wake();
    this.#stopTimer = this.#parts.timers.after(POLL_MS, () => {
      if (!this.#closed) this.start();
    });
  }

  wake(): void {
    this.#wakened = true;
    if (this.#closed) return;
    this.#taking ??= this.#takeRuns().finally(() => {
      this.#taking = null;
    });
  }

  cancel(runId: number): void {
    this.#active.get(runId)?.abort.abort(new RunCancelled());
    this.#parts.onChanged(runId);
  }

  /** Aborts the runs under way, and waits for them; they continue on another replica, or after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer();
    // A run that is being taken now is aborted like the others.
    await this.#taking;
    for (const { abort } of this.#active.values()) abort.abort(new ServiceStopping());
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  async #takeRuns(): Promise<void> {
    const { maxConcurrentRuns, logger } = this.#parts;
    try {
      while (this.#wakened && !this.#closed) {
        this.#wakened = false;
        while (this.#active.size < maxConcurrentRuns && !this.#closed) {
          const run = await this.#take();
          if (run === null) break;
          this.#begin(run);
        }
      }
    } catch (error) {
      logger.warn('looking for runs failed; it is tried again in a moment', { error });
    }
  }

  async #take(): Promise<OwnedRun | null> {
    const { runs, newOwner, maxConcurrentRuns, clock } = this.#parts;
    const now = clock.now();
    const owner = newOwner();
    const run: Run | null = await runs.take(owner, now + RUN_LEASE_TTL_MS, maxConcurrentRuns, now);
    return run && { ...run, owner };
  }

  #begin(run: OwnedRun): void {
    const abort = new AbortController();
    const done = executeOwnedRun(run, abort, this.#parts.executeRun, this.#parts).finally(() => {
      this.#active.delete(run.id);
      this.#parts.onChanged(run.id);
      this.wake();
    });
    this.#active.set(run.id, { abort, done });
    this.#parts.onChanged(run.id);
  }
}
