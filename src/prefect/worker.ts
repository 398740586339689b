import type { Logger } from 'winston';
import { iso, type SteadyClock } from '../kernel/clock.js';
import { sleep } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import { type ExecuteRun, RunCancelled, ServiceStopping } from '../runs/engine.js';
import { executeOwnedRun, type OwnedRunParts } from '../scraping/engines/owned_run.js';
import type { PrefectAvailability } from './availability.js';
import type { PrefectClient } from './client.js';
import { WORK_QUEUE } from './deployment_spec.js';
import { PrefectNotFound } from './errors.js';
import type { FlowRunStart, PolledFlowRun, Taken } from './flow_run_start.js';
import type { PrefectPace } from './pace.js';
import { readyFlowRuns } from './ready_flow_runs.js';
import type { PrefectStore } from './store.js';

export interface PrefectWorkerParts {
  readonly client: Pick<PrefectClient, 'heartbeat' | 'scheduledFlowRuns' | 'flowRun'>;
  readonly store: Pick<PrefectStore, 'unfinishedFlowRuns'>;
  readonly start: FlowRunStart;
  readonly runs: OwnedRunParts['runs'];
  readonly executeRun: ExecuteRun;
  readonly availability: PrefectAvailability;
  readonly workPool: string;
  /** As Prefect lists the worker. */
  readonly name: string;
  /** How many runs this process executes at once, at least 1. */
  readonly maxConcurrentRuns: number;
  readonly pace: Pick<PrefectPace, 'pollMs' | 'pollAgainMs'>;
  readonly clock: SteadyClock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called when a run was taken, has ended, was cancelled, or was released. */
  readonly onChanged: (runId: number) => void;
  /** Called when a run has ended, or was released: Prefect has to be told. */
  readonly onEnded: () => void;
}

/** The shortest time between two polls, in milliseconds: runs that end at once do not make it ask all the time. */
const MIN_POLL_MS = 200;
/** How long a flow run that could not be begun is left alone, in milliseconds. */
const SKIP_MS = 5_000;
/** The most runs that one poll asks for. */
const MAX_POLLED = 200;
const HEARTBEAT_SECONDS = 30;
/** How long runs may take to stop, in milliseconds. */
const CLOSE_MS = 10_000;

/** Executes the flow runs of a work pool in this process, as many at once as are allowed. */
export class PrefectWorker {
  readonly #parts: PrefectWorkerParts;
  /** The flow runs that take a slot, from before they are claimed until they have ended. */
  readonly #slots = new Map<string, Promise<void>>();
  readonly #active = new Map<number, AbortController>();
  /** Flow runs that could not be begun, and until when they are left alone. */
  readonly #skipped = new Map<string, number>();
  #polling: Promise<void> | null = null;
  #polledAt = Number.NEGATIVE_INFINITY;
  #wakened = false;
  readonly #closing = new AbortController();
  #stopPoll: () => void = () => {};
  #stopHeartbeat: () => void = () => {};

  constructor(parts: PrefectWorkerParts) {
    this.#parts = parts;
  }

  /** Announces this worker, and looks for runs from now on. */
  start(): void {
    void this.#heartbeat();
    this.wake();
  }

  /** A run is due: it is looked for at once. */
  wake(): void {
    this.#wakened = true;
    if (this.#closing.signal.aborted || this.#polling !== null) return;
    this.#pollAfter(Math.max(0, this.#polledAt + MIN_POLL_MS - this.#parts.clock.now()));
  }

  cancel(runId: number): void {
    this.#active.get(runId)?.abort(new RunCancelled());
  }

  /** Aborts the runs under way and waits for them, for some seconds at most; another worker continues them. */
  async close(): Promise<void> {
    this.#closing.abort(new ServiceStopping());
    this.#stopPoll();
    this.#stopHeartbeat();
    for (const abort of this.#active.values()) abort.abort(new ServiceStopping());
    await this.#polling;
    const ended = Promise.all(this.#slots.values());
    await Promise.race([ended, sleep(this.#parts.timers, CLOSE_MS)]);
  }

  #pollAfter(milliseconds: number): void {
    this.#stopPoll();
    this.#stopPoll = this.#parts.timers.after(milliseconds, () => {
      this.#polling ??= this.#poll().finally(() => {
        this.#polling = null;
      });
    });
  }

  async #poll(): Promise<void> {
    const { availability, clock, logger, workPool, pace } = this.#parts;
    this.#polledAt = clock.now();
    this.#wakened = false;
    let delayMs = pace.pollMs;
    try {
      for (const flowRun of await this.#due()) this.#begin(flowRun);
      if (this.#wakened) delayMs = MIN_POLL_MS;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      delayMs = pace.pollAgainMs;
      if (error instanceof PrefectNotFound) logger.debug('the work pool does not exist yet', { workPool });
      else if (!availability.failed(error)) logger.warn('looking for runs failed', { error });
    }
    if (!this.#closing.signal.aborted) this.#pollAfter(delayMs);
  }

  /** Flow runs that are due, and that there is room for. */
  async #due(): Promise<PolledFlowRun[]> {
    const { client, workPool, maxConcurrentRuns, availability, clock } = this.#parts;
    const free = maxConcurrentRuns - this.#slots.size;
    if (free <= 0) return [];
    const now = clock.now();
    for (const [id, until] of this.#skipped) if (until <= now) this.#skipped.delete(id);
    const body = {
      work_queue_names: [WORK_QUEUE],
      scheduled_before: iso(clock, now),
      limit: Math.min(free + this.#skipped.size, MAX_POLLED),
    };
    const polled = await client.scheduledFlowRuns(workPool, body, {
      ...{ retries: 2, signal: this.#closing.signal },
    });
    availability.answered();
    const isNew = (id: string) => !this.#skipped.has(id) && !this.#slots.has(id);
    const due = polled.map(({ flow_run }) => flow_run);
    // Behind thousands of late runs, what was asked for here would wait for days: it goes first.
    const isBacklog = polled.length === body.limit;
    const ready = isBacklog ? await readyFlowRuns(this.#parts, isNew, free, this.#closing.signal) : [];
    const flowRuns = new Map([...ready, ...due].map((flowRun) => [flowRun.id, flowRun]));
    return [...flowRuns.values()].filter(({ id }) => isNew(id)).slice(0, free);
  }

  #begin(flowRun: PolledFlowRun): void {
    if (this.#closing.signal.aborted) return;
    const done = this.#execute(flowRun).finally(() => {
      this.#slots.delete(flowRun.id);
      this.wake();
    });
    this.#slots.set(flowRun.id, done);
  }

  async #execute(flowRun: PolledFlowRun): Promise<void> {
    const taken = await this.#take(flowRun);
    if (taken.kind !== 'taken') {
      const leaveMs = taken.kind === 'later' ? MIN_POLL_MS : SKIP_MS;
      this.#skipped.set(flowRun.id, this.#parts.clock.now() + leaveMs);
      return;
    }
    const { start, executeRun, logger, onChanged, onEnded } = this.#parts;
    const { run } = taken;
    const abort = new AbortController();
    this.#active.set(run.id, abort);
    if (this.#closing.signal.aborted) abort.abort(new ServiceStopping());
    onChanged(run.id);
    const announced: ExecuteRun = async (owned, signal) =>
      (await start.announce(owned, flowRun, signal)) ?? executeRun(owned, signal);
    await executeOwnedRun(run, abort, announced, this.#parts);
    this.#active.delete(run.id);
    onChanged(run.id);
    onEnded();
    await start.endIfGone(run, flowRun).catch((error: unknown) => {
      logger.debug('a flow run without a run was not ended', { flow_run_id: flowRun.id, error });
    });
  }

  async #take(flowRun: PolledFlowRun): Promise<Taken> {
    const { start, availability, logger } = this.#parts;
    try {
      return await start.take(flowRun);
    } catch (error) {
      if (!availability.failed(error))
        logger.warn('a flow run could not be begun; it is tried again', { flow_run_id: flowRun.id, error });
      return { kind: 'refused' };
    }
  }

  async #heartbeat(): Promise<void> {
    const { client, workPool, name, timers, logger } = this.#parts;
    const body = { name, heartbeat_interval_seconds: HEARTBEAT_SECONDS };
    await client.heartbeat(workPool, body).catch((error: unknown) => {
      logger.debug('Prefect was not told that this worker is there', { error });
    });
    if (this.#closing.signal.aborted) return;
    this.#stopHeartbeat = timers.after(HEARTBEAT_SECONDS * 1000, () => void this.#heartbeat());
  }
}
