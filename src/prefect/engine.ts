import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { Engine } from '../runs/engine.js';
import type { Attempts } from './attempts.js';
import type { PrefectAvailability } from './availability.js';
import type { FlowRunSync } from './flow_run_sync.js';
import { type SubmissionsParts, submitRuns } from './submissions.js';
import type { PrefectWorker } from './worker.js';

export interface PrefectEngineParts {
  /** Null: this process executes no runs. */
  readonly worker: PrefectWorker | null;
  readonly sync: FlowRunSync;
  readonly submissions: SubmissionsParts;
  readonly attempts: Attempts;
  readonly availability: PrefectAvailability;
  readonly cluster: Pick<Cluster, 'tell' | 'onTold'>;
  readonly logger: Logger;
  /** Called when a run was cancelled. */
  readonly onChanged: (runId: number) => void;
}

/** Tells the workers of other processes that a run was submitted. */
const SUBMITTED = 'prefect.submitted';

/** Has runs queued by Prefect, and executed by whichever worker is free. */
export class PrefectEngine implements Engine {
  readonly #parts: PrefectEngineParts;
  #submitting: Promise<void> | null = null;
  #wakened = false;
  readonly #closing = new AbortController();

  constructor(parts: PrefectEngineParts) {
    this.#parts = parts;
    parts.cluster.onTold(SUBMITTED, () => parts.worker?.wake());
  }

  start(): void {
    this.#parts.worker?.start();
    this.#parts.sync.start();
  }

  /** A run was queued: it is submitted at once, or as soon as Prefect answers and its source has a deployment. */
  wake(): void {
    this.#wakened = true;
    if (this.#closing.signal.aborted) return;
    this.#submitting ??= this.#submit().finally(() => {
      this.#submitting = null;
    });
  }

  cancel(runId: number): void {
    this.#parts.worker?.cancel(runId);
    this.#parts.onChanged(runId);
    this.#parts.sync.wake();
  }

  /** Stops the runs under way, which another worker continues at once, and reports what is due; for a bounded time. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the service stops'));
    await this.#submitting;
    await this.#parts.worker?.close();
    await this.#parts.sync.close();
  }

  async #submit(): Promise<void> {
    const { submissions, worker, attempts, availability, cluster, logger } = this.#parts;
    const { signal } = this.#closing;
    while (this.#wakened && !signal.aborted) {
      this.#wakened = false;
      try {
        await submitRuns(submissions, attempts.attempt, { retries: 3, deadlineMs: 5_000, signal });
        worker?.wake();
        cluster.tell(SUBMITTED, null);
      } catch (error) {
        if (!availability.failed(error) && !signal.aborted)
          logger.warn('a run could not be submitted; it is tried again', { error });
      }
    }
  }
}
