import type { Clock } from '../kernel/clock.js';
import { Conflict, NotFound } from '../kernel/errors.js';
import type { Page } from '../kernel/page.js';
import type { Engine } from './engine.js';
import type { BeginOutcome, Run, RunReason, RunStore } from './store.js';

export interface RunServiceParts {
  readonly store: RunStore;
  readonly engine: Engine;
  readonly clock: Clock;
}

/** Queues runs, cancels them, and looks them up. */
export class RunService {
  readonly #parts: RunServiceParts;

  constructor(parts: RunServiceParts) {
    this.#parts = parts;
  }

  /** Queues a run of the source, unless one has not ended. */
  async begin(sourceId: number, reason: RunReason): Promise<BeginOutcome> {
    const { store, engine, clock } = this.#parts;
    const outcome = await store.begin(sourceId, reason, clock.now());
    if (outcome.kind === 'begun') engine.wake();
    return outcome;
  }

  /** A run was queued together with its source. */
  queued(): void {
    this.#parts.engine.wake();
  }

  /** Queues a run on request. @throws NotFound; Conflict `run_in_progress`. */
  async trigger(sourceId: number): Promise<Run> {
    const outcome = await this.begin(sourceId, 'trigger');
    if (outcome.kind === 'begun') return outcome.run;
    if (outcome.kind === 'unknown') throw new NotFound('Source');
    throw runInProgress(outcome.runId);
  }

  /** @throws NotFound. */
  async run(id: number): Promise<Run> {
    const run = await this.#parts.store.run(id);
    if (!run) throw new NotFound('Run');
    return run;
  }

  /** The runs of a source, newest first. */
  runs(sourceId: number, page: Page): Promise<Run[]> {
    return this.#parts.store.runs(sourceId, page);
  }

  /** The newest run of each of these sources. */
  lastRuns(sourceIds: readonly number[]): Promise<Run[]> {
    return sourceIds.length === 0 ? Promise.resolve([]) : this.#parts.store.lastRuns(sourceIds);
  }

  /**
   * Ends a run, or asks its owner to; a run that was already cancelled stays so.
   * @throws NotFound; Conflict `run_ended`.
   */
  async cancel(id: number): Promise<Run> {
    const cancelled = await this.#cancel(id);
    const run = await this.run(id);
    if (cancelled || run.state === 'cancelled') return run;
    const message = `The run has already ended: ${run.state}`;
    throw new Conflict({ error: 'run_ended', message, run_id: id, state: run.state });
  }

  /** Cancels the run of a source that is under way, if there is one. */
  async cancelOf(sourceId: number): Promise<void> {
    const [last] = await this.lastRuns([sourceId]);
    if (last && last.finishedAt === null) await this.#cancel(last.id);
  }

  async #cancel(id: number): Promise<boolean | null> {
    const { store, engine, clock } = this.#parts;
    const cancelled = await store.cancel(id, clock.now());
    if (cancelled) engine.cancel(id);
    return cancelled;
  }
}

/** A source has one run at a time. */
export function runInProgress(runId: number): Conflict {
  const message = 'A run of this source is under way: wait until it ends, or cancel it';
  return new Conflict({ error: 'run_in_progress', message, run_id: runId });
}
