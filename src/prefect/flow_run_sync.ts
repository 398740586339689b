import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { SteadyClock } from '../kernel/clock.js';
import { pagesByKey } from '../kernel/page.js';
import { sleep } from '../kernel/retry.js';
import { type Timers, WakeablePause } from '../kernel/timers.js';
import type { Attempts } from './attempts.js';
import type { PrefectAvailability } from './availability.js';
import { type ComparisonParts, compareFlowRuns, endAbandonedFlowRuns } from './flow_run_comparison.js';
import { type FlowRunLogsParts, sendLogs } from './flow_run_logs.js';
import type { FlowRunReport } from './flow_run_report.js';
import type { CallOptions } from './http.js';
import type { PrefectPace } from './pace.js';
import type { FlowRun, PrefectStore } from './store.js';
import { type SubmissionsParts, submitRuns } from './submissions.js';

export interface FlowRunSyncParts {
  readonly store: PrefectStore;
  readonly report: FlowRunReport;
  readonly logs: FlowRunLogsParts;
  readonly submissions: SubmissionsParts;
  readonly comparison: ComparisonParts;
  readonly attempts: Attempts;
  readonly availability: PrefectAvailability;
  readonly cluster: Pick<Cluster, 'exclusively' | 'tell' | 'onTold'>;
  readonly pace: Pick<PrefectPace, 'reportMs' | 'reportAgainMs' | 'runsMs'>;
  readonly clock: SteadyClock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** How many times rarer the runs under way are compared with Prefect if they are many. */
const RARELY = 3;
/** How long the last reports of a process that stops may take. */
const CLOSE_MS = 5_000;

const PAGE = 200;

/** What fails nevertheless is tried again in the next cycle. */
const CALL = { retries: 3, deadlineMs: 10_000 };

/** The lock of the process that does this for all, and the topic that tells it that something is due. */
const NAME = 'prefect.flow_runs';

/**
 * Keeps the flow runs in Prefect equal to the runs here: what is due is read from the database again and again, so that
 * nothing is forgotten while Prefect is away or a process dies. One process at a time does it for all.
 */
export class FlowRunSync {
  readonly #parts: FlowRunSyncParts;
  readonly #closing = new AbortController();
  #done: Promise<void> = Promise.resolve();
  readonly #pause: WakeablePause;
  #leads = false;
  #comparedAt = Number.NEGATIVE_INFINITY;
  #compareAfterMs = 0;

  constructor(parts: FlowRunSyncParts) {
    this.#parts = parts;
    this.#pause = new WakeablePause(parts.timers);
    parts.cluster.onTold(NAME, () => this.#pause.wake());
  }

  start(): void {
    this.#done = this.#takePart();
  }

  /** Something is due: it is not left until the next cycle, whichever process does it. */
  wake(): void {
    if (this.#leads) this.#pause.wake();
    else this.#parts.cluster.tell(NAME, null);
  }

  /** Reports what is due, unless another process does that, for a few seconds at most. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the service stops'));
    await this.#done;
  }

  async #takePart(): Promise<void> {
    const { cluster, timers, logger, pace } = this.#parts;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await cluster.exclusively(NAME, (lost) => this.#lead(lost), signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('flow runs are not reported at the moment', { error });
        await sleep(timers, pace.reportAgainMs, signal).catch(() => undefined);
      }
    }
  }

  async #lead(lost: AbortSignal): Promise<void> {
    const { reportMs, reportAgainMs } = this.#parts.pace;
    const signal = AbortSignal.any([lost, this.#closing.signal]);
    this.#leads = true;
    try {
      while (!signal.aborted) {
        const isDone = await this.#try((options) => this.#cycle(options), { ...CALL, signal });
        await this.#pause.sleep(isDone ? reportMs : reportAgainMs, signal);
      }
      const late = new AbortController();
      const stopTimer = this.#parts.timers.after(CLOSE_MS, () => late.abort(signal.reason));
      const last = { ...CALL, signal: AbortSignal.any([lost, late.signal]) };
      await this.#try((options) => this.#tell(options), last);
      stopTimer();
    } finally {
      this.#leads = false;
    }
  }

  async #try(work: (options: CallOptions) => Promise<void>, options: CallOptions): Promise<boolean> {
    const { availability, logger } = this.#parts;
    try {
      await work(options);
      return true;
    } catch (error) {
      if (!availability.failed(error) && options.signal?.aborted !== true)
        logger.warn('flow runs could not be compared with Prefect; it is tried again', { error });
      return false;
    }
  }

  async #cycle(options: CallOptions): Promise<void> {
    const { store, submissions, comparison, attempts, clock, pace } = this.#parts;
    const now = clock.now();
    const isTime = now - this.#comparedAt >= this.#compareAfterMs;
    if (isTime) await store.releaseStranded(now);
    await this.#tell(options);
    const { attempt } = attempts;
    await submitRuns(submissions, attempt, options);
    if (!isTime) return;
    const compared = await compareFlowRuns(comparison, attempt, options);
    await endAbandonedFlowRuns(comparison, attempt, options);
    this.#comparedAt = now;
    this.#compareAfterMs = pace.runsMs * (compared > PAGE ? RARELY : 1);
    // With nothing else to say, this is what notices that Prefect is back.
    this.#parts.availability.answered();
  }

  /** Logs and states; logs first, so that they are there once a run has ended, unless Prefect refuses them. */
  async #tell(options: CallOptions): Promise<void> {
    const { store, logs, report } = this.#parts;
    await this.#each(
      'log',
      (after) => store.runsWithLogsToSend(after, PAGE),
      (run) => sendLogs(run, logs, options),
      options,
    );
    await this.#each(
      'state',
      (after) => store.unreported(after, PAGE),
      (run) => report.report(run, options),
      options,
    );
  }

  async #each(
    what: string,
    next: (afterRunId: number) => Promise<FlowRun[]>,
    tell: (run: FlowRun) => Promise<void>,
    options: CallOptions,
  ): Promise<void> {
    const { attempt } = this.#parts.attempts;
    for await (const page of pagesByKey(next, ({ id }) => id, PAGE)) {
      for (const run of page) await attempt(`${what} ${run.id}`, () => tell(run), options);
    }
  }
}
