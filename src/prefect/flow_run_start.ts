import { LRUCache } from 'lru-cache';
import type { Logger } from 'winston';
import type { SteadyClock } from '../kernel/clock.js';
import { sleep } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import { type OwnedRun, RunCancelled, type RunOutcome } from '../runs/engine.js';
import type { RunForm, RunStore } from '../runs/store.js';
import { RUN_LEASE_TTL_MS } from '../scraping/engines/run_heartbeat.js';
import type { SourceStore } from '../sources/store.js';
import type { FlowRun as PolledFlowRun, StateCreate } from './api_types.js';
import type { PrefectClient } from './client.js';
import { sourceIdOf } from './deployment_spec.js';
import { PrefectError, PrefectNotFound, PrefectUnreachable } from './errors.js';
import type { FlowRunReport } from './flow_run_report.js';
import {
  cancelledBecause,
  failedBecause,
  flowRunName,
  flowRunTags,
  isFinal,
  localRunId,
} from './flow_run_state.js';
import { parseParameters } from './parameters.js';
import type { ClaimOutcome, FlowRun, PrefectStore } from './store.js';

export type { PolledFlowRun };

export type Taken =
  | { readonly kind: 'taken'; readonly run: OwnedRun }
  /** It is another process's, or was refused. */
  | { readonly kind: 'refused' }
  /** It can begin in a moment. */
  | { readonly kind: 'later' };

const REFUSED = { kind: 'refused' } as const;

/** A worker has a moment for each call: whatever fails is tried again, by this worker or another. */
const CALL = { retries: 3, deadlineMs: 5_000 };

export interface FlowRunStartParts {
  readonly client: Pick<PrefectClient, 'deployment' | 'flowRun' | 'setState' | 'patchFlowRun'>;
  readonly store: Pick<PrefectStore, 'claimFlowRun' | 'hasUnreportedEnd' | 'reported' | 'runsOf'>;
  readonly runs: Pick<RunStore, 'run' | 'lastRuns'>;
  readonly sources: Pick<SourceStore, 'source'>;
  readonly report: Pick<FlowRunReport, 'report'>;
  readonly newId: () => string;
  /** Shown as the place where a run is executed. */
  readonly infrastructurePid: string;
  readonly clock: SteadyClock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Deployments cannot be renamed: which source one belongs to holds for good. */
const MAX_DEPLOYMENTS = 10_000;

/** A run is not kept longer from beginning because Prefect was not told of the end of another one, in milliseconds. */
const END_REPORTED_WITHIN_MS = 60_000;

/** A longer wait before RUNNING is left to Prefect's schedule, in seconds. */
const MAX_WAIT_SECONDS = 30;

/** Takes flow runs that are due, so that this process executes them and no other. */
export class FlowRunStart {
  readonly #parts: FlowRunStartParts;
  readonly #sourceIds = new LRUCache<string, number>({ max: MAX_DEPLOYMENTS });

  constructor(parts: FlowRunStartParts) {
    this.#parts = parts;
  }

  /**
   * Decides whether this process executes a flow run that it was given. If none does, Prefect is told why.
   * @throws as the client and the store; then somebody tries it again.
   */
  async take(flowRun: PolledFlowRun): Promise<Taken> {
    const sourceId = await this.#sourceIdOf(flowRun);
    if (sourceId === null)
      return this.#end(flowRun, failedBecause('its deployment is not one of a source in TeleGate'));
    const parsed = parseParameters(flowRun.parameters, sourceId);
    if (parsed.kind === 'invalid') return this.#end(flowRun, failedBecause(parsed.error));
    const isRetry = await this.#isKnownToHaveEnded(flowRun);
    if (isRetry && !(await this.#isScheduled(flowRun))) return REFUSED;
    if (await this.#isEndUnreported(sourceId, flowRun.id)) return { kind: 'later' };
    const otherRunId = await this.#otherRunOf(sourceId, flowRun);
    if (otherRunId !== null) return this.#end(flowRun, cancelledBecause(underWay(otherRunId)));
    if (!(await this.#isPending(flowRun))) return REFUSED;
    return this.#claim(flowRun, { sourceId, form: parsed.form, isRetry });
  }

  /**
   * Tells Prefect that a taken run is executed now. Null: it is to be; else what becomes of it. While Prefect does not
   * answer, it is: its state is reported later. @throws RunCancelled, or the signal's reason.
   */
  async announce(run: OwnedRun, flowRun: PolledFlowRun, signal: AbortSignal): Promise<RunOutcome | null> {
    const { clock, timers } = this.#parts;
    for (;;) {
      const result = await this.#proposeRunning(flowRun, signal);
      const type = result?.state?.type;
      if (result === null || type === 'RUNNING') {
        void this.#describe(run, flowRun, result !== null);
        return null;
      }
      if (result.status === 'WAIT') {
        const seconds = 'delay_seconds' in result.details ? result.details.delay_seconds : 1;
        if (seconds > MAX_WAIT_SECONDS) return postponed(clock.now() + seconds * 1000);
        await sleep(timers, seconds * 1000, signal);
        continue;
      }
      if (isFinal(type) || type === 'CANCELLING') throw new RunCancelled();
      return postponed(clock.now() + MAX_WAIT_SECONDS * 1000);
    }
  }

  /** Ends a flow run whose run was deleted with its source while it was executed. @throws as the client. */
  async endIfGone({ id }: OwnedRun, flowRun: PolledFlowRun): Promise<void> {
    if ((await this.#parts.runs.run(id)) === null)
      await this.#end(flowRun, cancelledBecause('its source was deleted'));
  }

  async #sourceIdOf({ deployment_id: id }: PolledFlowRun): Promise<number | null> {
    if (id === null) return null;
    const known = this.#sourceIds.get(id);
    if (known !== undefined) return known;
    const sourceId = sourceIdOf((await this.#parts.client.deployment(id, CALL)).name);
    if (sourceId !== null) this.#sourceIds.set(id, sourceId);
    return sourceId;
  }

  /** Whether its run has ended, and Prefect knows that: a flow run that is due nevertheless is one that is retried. */
  async #isKnownToHaveEnded({ id }: PolledFlowRun): Promise<boolean> {
    const [run] = await this.#parts.store.runsOf([id]);
    return run !== undefined && run.finishedAt !== null && run.flowReported;
  }

  /** Whether it is due at this moment: the list that it comes from may be older than its end. */
  async #isScheduled({ id }: PolledFlowRun): Promise<boolean> {
    return (await this.#parts.client.flowRun(id, CALL)).state_type === 'SCHEDULED';
  }

  /**
   * Whether Prefect does not know yet that an earlier run of the source has ended: it still has the source's only slot,
   * and Prefect would cancel this one.
   */
  #isEndUnreported(sourceId: number, flowRunId: string): Promise<boolean> {
    const { store, clock } = this.#parts;
    return store.hasUnreportedEnd(sourceId, flowRunId, clock.now() - END_REPORTED_WITHIN_MS);
  }

  /**
   * The run of another flow run that is under way. A flow run that asked for the source's only slot first, and was
   * refused only then, would have made Prefect cancel that other one meanwhile.
   */
  async #otherRunOf(sourceId: number, flowRun: PolledFlowRun): Promise<number | null> {
    if (flowRun.run_count > 0) return null;
    const [last] = await this.#parts.runs.lastRuns([sourceId]);
    const isOther =
      last && last.finishedAt === null && last.flowRunId !== null && last.flowRunId !== flowRun.id;
    // One that was submitted again may be here before that is recorded.
    return isOther && last.id !== localRunId(sourceId, flowRun.idempotency_key) ? last.id : null;
  }

  async #isPending({ id }: PolledFlowRun): Promise<boolean> {
    const { client, newId } = this.#parts;
    const transition_id = newId();
    const state: StateCreate = { type: 'PENDING', name: 'Pending', state_details: { transition_id } };
    const result = await client.setState(id, { state }, CALL);
    if (result.status === 'ACCEPT') return true;
    // Accepted before, in an answer that was lost.
    return result.status === 'REJECT' && result.state?.state_details.transition_id === transition_id;
  }

  async #claim(
    flowRun: PolledFlowRun,
    { sourceId, ...wanted }: { readonly sourceId: number; readonly form: RunForm; readonly isRetry: boolean },
  ): Promise<Taken> {
    const { store, newId, clock } = this.#parts;
    const now = clock.now();
    const owner = newId();
    const claim = {
      ...{ ...wanted, sourceId, flowRunId: flowRun.id, owner, until: now + RUN_LEASE_TTL_MS },
      localRunId: localRunId(sourceId, flowRun.idempotency_key),
      reason: flowRun.auto_scheduled ? ('schedule' as const) : ('trigger' as const),
    };
    const outcome = await store.claimFlowRun(claim, now);
    if (outcome.kind === 'taken') return { kind: 'taken', run: { ...outcome.run, owner } };
    await this.#refuse(flowRun, outcome);
    return REFUSED;
  }

  /** Prefect has it as pending by now: that must not stay. */
  async #refuse(flowRun: PolledFlowRun, outcome: Exclude<ClaimOutcome, { kind: 'taken' }>): Promise<void> {
    switch (outcome.kind) {
      case 'owned':
        await this.#end(flowRun, { type: 'RUNNING', name: 'Running' });
        return;
      case 'other': {
        await this.#end(flowRun, cancelledBecause(underWay(outcome.runId)));
        return;
      }
      case 'unknown_source':
        await this.#end(flowRun, failedBecause('its source is gone'));
        return;
      case 'ended': {
        const ended: FlowRun = { ...outcome.run, flowRunId: flowRun.id };
        await this.#parts.report.report(ended, CALL);
      }
    }
  }

  async #end({ id }: PolledFlowRun, state: StateCreate): Promise<typeof REFUSED> {
    await this.#parts.client.setState(id, { state }, CALL);
    return REFUSED;
  }

  async #proposeRunning({ id }: PolledFlowRun, signal: AbortSignal) {
    const { client, newId, logger } = this.#parts;
    const state: StateCreate = {
      ...{ type: 'RUNNING', name: 'Running' },
      state_details: { transition_id: newId() },
    };
    try {
      return await client.setState(id, { state }, { ...CALL, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof PrefectNotFound) throw new RunCancelled();
      if (!(error instanceof PrefectUnreachable || error instanceof PrefectError)) throw error;
      logger.warn('a run begins although Prefect could not be told', { flow_run_id: id, error });
      return null;
    }
  }

  /** Best effort: the end of the run says it again. */
  async #describe(run: OwnedRun, flowRun: PolledFlowRun, isAnnounced: boolean): Promise<void> {
    const { client, store, sources, infrastructurePid, clock, logger } = this.#parts;
    try {
      if (isAnnounced) await store.reported(run);
      const source = await sources.source(run.sourceId);
      await client.patchFlowRun(flowRun.id, {
        infrastructure_pid: infrastructurePid,
        tags: flowRunTags(flowRun.tags, run.reason),
        ...(source && { name: flowRunName(source.name, run.reason, clock.display(run.createdAt)) }),
      });
    } catch (error) {
      logger.debug('a flow run was not described', { run_id: run.id, error });
    }
  }
}

function underWay(runId: number): string {
  return `run ${runId} of the source is under way, and a source has one at a time`;
}

function postponed(notBefore: number): RunOutcome {
  return { kind: 'deferred', error: 'Prefect postponed it', notBefore };
}
