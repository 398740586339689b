import type { Logger } from 'winston';
import type { SteadyClock } from '../kernel/clock.js';
import type { RunStore } from '../runs/store.js';
import type { SourceStore } from '../sources/store.js';
import type { FlowRunResponse, OrchestrationResult, StateCreate } from './api_types.js';
import type { Artifacts } from './artifacts.js';
import type { PrefectClient } from './client.js';
import { PrefectError, PrefectNotFound } from './errors.js';
import {
  cancelledBecause,
  flowRunName,
  isCollision,
  isFinal,
  isSameState,
  prefectState,
} from './flow_run_state.js';
import type { CallOptions } from './http.js';
import type { FlowRun, PrefectStore } from './store.js';
import { resubmit, type SubmissionsParts } from './submissions.js';

export interface FlowRunReportParts {
  readonly client: Pick<PrefectClient, 'flowRun' | 'setState' | 'patchFlowRun'>;
  readonly store: Pick<PrefectStore, 'reported' | 'cancelFlowRun'>;
  readonly runs: Pick<RunStore, 'run' | 'log'>;
  readonly sources: Pick<SourceStore, 'source'>;
  readonly artifacts: Pick<Artifacts, 'showEnd'>;
  readonly submissions: SubmissionsParts;
  readonly clock: SteadyClock;
  readonly logger: Logger;
  /** Called when a run was cancelled because Prefect has ended it. */
  readonly onCancelled: (runId: number) => void;
}

/** Tells Prefect the states of runs. Only one process at a time may do that: a late report would undo a newer one. */
export class FlowRunReport {
  readonly #parts: FlowRunReportParts;

  constructor(parts: FlowRunReportParts) {
    this.#parts = parts;
  }

  /**
   * Makes the flow run equal to the run as it was read. What Prefect has ended stays as it is there, and the run follows
   * it. @throws as the client; then the state stays unreported.
   */
  async report(run: FlowRun, options: CallOptions): Promise<void> {
    const theirs = await this.#flowRun(run, options);
    if (theirs !== null && run.finishedAt !== null) await this.#describeEnd(run, theirs, options);
    if (theirs === null || isFinal(theirs.state_type)) {
      if (run.finishedAt === null) await this.followEnd(run, theirs, options);
    } else {
      const state = prefectState(run, this.#parts.clock);
      if (state !== null && !isSameState(theirs.state, state)) await this.#propose(run, state, options);
    }
    await this.#parts.store.reported(run);
  }

  /**
   * Cancels a run here that was cancelled, ended or (`theirs` null) deleted in Prefect; its log says why. One whose flow
   * run has merely collided with another is submitted again. Does nothing if it has another flow run by now, or has
   * ended. @throws as the client.
   */
  async followEnd(run: FlowRun, theirs: FlowRunResponse | null, options: CallOptions): Promise<void> {
    const { submissions } = this.#parts;
    const isCollided = theirs !== null && isCollision(theirs.state);
    if (isCollided && (await resubmit(run, theirs, submissions, options))) return;
    await this.#cancel(run, theirs);
  }

  async #cancel(run: FlowRun, theirs: Pick<FlowRunResponse, 'state'> | null): Promise<void> {
    const { store, runs, clock, onCancelled } = this.#parts;
    const now = clock.now();
    const current = await runs.run(run.id);
    if (current?.flowRunId !== run.flowRunId || current.finishedAt !== null) return;
    const message = theirs === null ? 'its flow run was deleted in Prefect' : endedInPrefect(theirs);
    if (!current.cancelRequested) await runs.log(run.id, [{ at: now, level: 'warning', message }]);
    if (await store.cancelFlowRun(run, now)) onCancelled(run.id);
  }

  async #propose(run: FlowRun, state: StateCreate, options: CallOptions): Promise<void> {
    const { client } = this.#parts;
    const result = await settle(client, run.flowRunId, state, options);
    if (result.status === 'ACCEPT' || isFinal(result.state?.type)) return;
    if (result.state?.type !== 'CANCELLING')
      throw new Error(`Prefect refuses the state ${state.name}: ${result.status}`);
    if (run.finishedAt === null) return this.#cancel(run, result);
    const late = cancelledBecause(`cancelled too late, it had ended: ${state.name}, ${state.message ?? ''}`);
    await settle(client, run.flowRunId, late, options);
  }

  /**
   * What a run that has ended shows, before it is final: whoever waits for its end finds all of it. What Prefect refuses
   * of that does not keep the run from ending.
   */
  async #describeEnd(run: FlowRun, theirs: FlowRunResponse, options: CallOptions): Promise<void> {
    const { client, artifacts, sources, clock, logger } = this.#parts;
    await artifacts.showEnd(run, options).catch((error: unknown) => {
      if (!(error instanceof PrefectError) || options.signal?.aborted) throw error;
      logger.warn('Prefect refused what a run shows at its end', { run_id: run.id, error });
    });
    if (theirs.infrastructure_pid !== null) return;
    // No worker came to it, or Prefect was away when one did.
    const source = await sources.source(run.sourceId);
    const name = source && flowRunName(source.name, run.reason, clock.display(run.createdAt));
    if (name !== null && name !== theirs.name) await client.patchFlowRun(run.flowRunId, { name }, options);
  }

  async #flowRun({ flowRunId }: FlowRun, options: CallOptions): Promise<FlowRunResponse | null> {
    try {
      return await this.#parts.client.flowRun(flowRunId, options);
    } catch (error) {
      if (error instanceof PrefectNotFound) return null;
      throw error;
    }
  }
}

function endedInPrefect({ state }: Pick<FlowRunResponse, 'state'>): string {
  const why = state?.message ? `: ${state.message}` : '';
  return `its flow run is ${(state?.name ?? 'gone').toLowerCase()} in Prefect${why}`;
}

/**
 * Proposes a state that frees the slot of a flow run. Where Prefect has lost track of the slot, it fails at freeing it,
 * and would at each repetition: then the state is set without its rules. @throws as the client.
 */
export async function settle(
  client: Pick<PrefectClient, 'setState'>,
  flowRunId: string,
  state: StateCreate,
  options: CallOptions,
): Promise<OrchestrationResult> {
  try {
    return await client.setState(flowRunId, { state }, options);
  } catch (error) {
    if (!(error instanceof PrefectError && error.answered === 500)) throw error;
    return client.setState(flowRunId, { state, force: true }, options);
  }
}
