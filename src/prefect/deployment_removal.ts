import type { Clock } from '../kernel/clock.js';
import type { FlowRunResponse, StateType } from './api_types.js';
import { PAGE_SIZE, type PrefectClient } from './client.js';
import { PrefectNotFound } from './errors.js';
import { settle } from './flow_run_report.js';
import type { CallOptions } from './http.js';

const MESSAGE = 'The source was deleted in TeleGate.';

/** A worker confirms within seconds that a run was cancelled; one that is gone never does. */
const CONFIRM_WITHIN_MS = 60_000;

/** The states of runs that have begun, and not ended. */
const BEGUN: readonly StateType[] = ['PENDING', 'RUNNING', 'CANCELLING', 'PAUSED'];

export interface DeploymentRemovalParts {
  readonly client: PrefectClient;
  readonly clock: Clock;
}

/**
 * Deletes deployments together with what is left to run of them. Where a deployment is deleted while a run goes on,
 * some versions of Prefect answer that run's last states with an error.
 */
export class DeploymentRemoval {
  readonly #parts: DeploymentRemovalParts;
  /** Since when deployments are waited for. */
  readonly #since = new Map<string, number>();

  constructor(parts: DeploymentRemovalParts) {
    this.#parts = parts;
  }

  /** Whether there are deployments whose runs have not ended. */
  get isWaiting(): boolean {
    return this.#since.size > 0;
  }

  /**
   * Pauses the deployment, cancels its runs, and deletes it unless some have not ended yet: false, and it has to be
   * called again. True: Prefect has it no more.
   */
  async remove(deploymentId: string, options: CallOptions): Promise<boolean> {
    const { client, clock } = this.#parts;
    const now = clock.now();
    const since = this.#since.get(deploymentId) ?? now;
    try {
      if (!this.#since.has(deploymentId))
        await client.patchDeployment(deploymentId, { paused: true }, options);
      this.#since.set(deploymentId, since);
      for (const { id } of await this.#runs(deploymentId, ['SCHEDULED'], options))
        await this.#propose(id, 'CANCELLED', options);
      const begun = await this.#runs(deploymentId, BEGUN, options);
      const isLate = now - since > CONFIRM_WITHIN_MS;
      for (const { id, state_type: state } of begun) {
        if (isLate) await this.#propose(id, 'CANCELLED', options);
        else if (state !== 'CANCELLING') await this.#propose(id, 'CANCELLING', options);
      }
      if (begun.length > 0) return false;
      await client.deleteDeployment(deploymentId, options);
    } catch (error) {
      if (!(error instanceof PrefectNotFound)) throw error;
    }
    this.#since.delete(deploymentId);
    return true;
  }

  #runs(
    deploymentId: string,
    states: readonly StateType[],
    options: CallOptions,
  ): Promise<readonly FlowRunResponse[]> {
    const filter = {
      deployments: { id: { any_: [deploymentId] } },
      flow_runs: { state: { type: { any_: [...states] } } },
      limit: PAGE_SIZE,
    };
    return this.#parts.client.flowRuns(filter, options);
  }

  async #propose(runId: string, type: 'CANCELLED' | 'CANCELLING', options: CallOptions): Promise<void> {
    try {
      await settle(this.#parts.client, runId, { type, message: MESSAGE }, options);
    } catch (error) {
      // A run that has not begun is deleted when its deployment is paused.
      if (!(error instanceof PrefectNotFound)) throw error;
    }
  }
}
