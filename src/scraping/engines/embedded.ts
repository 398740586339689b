import type { Logger } from 'winston';
import type { Clock } from '../../clock.js';
import { Unavailable } from '../../errors.js';
import type { Timers } from '../../timers.js';
import type { CarryOut, Engine, OwnRun, RunOutcome } from '../engine.js';
import { RunLost } from '../run_lost.js';
import type { Run, RunStore } from '../store.js';
import { Cancelled, keepRun, OWNED_MS, Stopping } from './keeping.js';

/** How often runs are looked for that nobody told of, in milliseconds: deferred ones, and those of lost replicas. */
const LOOK_MS = 5_000;

/** A run for which the service itself was not there is tried again after so long, in milliseconds. */
const AGAIN_MS = 1_000;

export interface EmbeddedEngineParts {
  readonly runs: RunStore;
  readonly carryOut: CarryOut;
  /** A name for whoever carries a run out, never the same twice: an old one can't be taken for its successor. */
  readonly newOwner: () => string;
  /** So many runs at once at the most, over all replicas. */
  readonly most: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called when a run was taken, has come to its end, is to end, or was let go. */
  readonly onChanged: (runId: number) => void;
}

/** Carries runs out in this process, as many at once as may be. */
export class EmbeddedEngine implements Engine {
  readonly #parts: EmbeddedEngineParts;
  readonly #active = new Map<number, { readonly end: AbortController; readonly done: Promise<void> }>();
  #looking: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #stopTimer: () => void = () => {};

  constructor(parts: EmbeddedEngineParts) {
    this.#parts = parts;
  }

  /** Looks for runs from now on. */
  start(): void {
    this.wake();
    this.#stopTimer = this.#parts.timers.after(LOOK_MS, () => {
      if (!this.#closed) this.start();
    });
  }

  wake(): void {
    this.#again = true;
    if (this.#closed) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
  }

  cancel(runId: number): void {
    this.#active.get(runId)?.end.abort(new Cancelled());
    this.#parts.onChanged(runId);
  }

  /** Breaks off what is going on, and waits for it; the runs go on elsewhere, or after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer();
    // One that is being taken now is broken off like the others.
    await this.#looking;
    for (const { end } of this.#active.values()) end.abort(new Stopping());
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  async #look(): Promise<void> {
    const { runs, newOwner, most, clock, logger } = this.#parts;
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        let owner = '';
        for (let run: Run | null; this.#active.size < most && !this.#closed; this.#begin({ ...run, owner })) {
          const now = clock.now();
          owner = newOwner();
          run = await runs.take(owner, now + OWNED_MS, most, now);
          if (run === null) break;
        }
      }
    } catch (error) {
      logger.warn('runs could not be looked for; they are in a moment', { error });
    }
  }

  #begin(run: OwnRun): void {
    const end = new AbortController();
    const done = this.#carryOut(run, end).finally(() => {
      this.#active.delete(run.id);
      this.#parts.onChanged(run.id);
      this.wake();
    });
    this.#active.set(run.id, { end, done });
    this.#parts.onChanged(run.id);
  }

  async #carryOut(run: OwnRun, end: AbortController): Promise<void> {
    const { carryOut, logger } = this.#parts;
    const stop = keepRun(run, end, this.#parts);
    try {
      await this.#finish(run, await carryOut(run, end.signal));
    } catch (error) {
      await this.#broken(run, end.signal.aborted ? end.signal.reason : error).catch((failure) =>
        logger.warn('the end of a run could not be written; it is taken up again', {
          run_id: run.id,
          error: failure,
        }),
      );
    } finally {
      stop();
    }
  }

  async #finish({ id, owner }: OwnRun, outcome: RunOutcome): Promise<void> {
    const { runs, clock } = this.#parts;
    if (outcome.kind === 'deferred') await runs.defer(id, owner, outcome.error, outcome.notBefore);
    else {
      const error = outcome.kind === 'failed' ? outcome.error : null;
      await runs.finish(id, owner, outcome.kind, error, clock.now());
    }
  }

  /** It did not come to its end by itself. */
  async #broken({ id, owner }: OwnRun, reason: unknown): Promise<void> {
    const { runs, clock, logger } = this.#parts;
    if (reason instanceof RunLost) return;
    if (reason instanceof Cancelled) {
      await runs.finish(id, owner, 'cancelled', null, clock.now());
    } else if (reason instanceof Stopping) {
      await runs.defer(id, owner, 'the service stopped', clock.now());
    } else if (reason instanceof Unavailable) {
      logger.warn('a run was broken off; it goes on in a moment', { run_id: id, error: reason });
      await runs.defer(id, owner, 'the service or its database was not available', clock.now() + AGAIN_MS);
    } else {
      logger.error('a run failed', { run_id: id, error: reason });
      const message = 'an unexpected error; the log has it';
      await runs.finish(id, owner, 'failed', message, clock.now());
    }
  }
}
