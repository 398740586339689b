import { expect, it } from '@jest/globals';
import { createLogger } from '../../src/kernel/logging.js';
import type { FlowRunResponse } from '../../src/prefect/api_types.js';
import { Artifacts } from '../../src/prefect/artifacts.js';
import type { Attempt } from '../../src/prefect/attempts.js';
import {
  type ComparisonParts,
  compareFlowRuns,
  endAbandonedFlowRuns,
  ObservedStates,
} from '../../src/prefect/flow_run_comparison.js';
import { FlowRunReport } from '../../src/prefect/flow_run_report.js';
import { claimOf } from '../contracts/flow_runs.js';
import { OWNER } from '../contracts/runs.js';
import { seedSource } from '../sources/seeding.js';
import { type Deployed, deploy, propose, run } from './deployed.js';
import { type DeployedSources, withDeployedSources } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

const describe = describeWithPrefect();
const LONG_MS = 180_000;
const CALL = { retries: 7 };
const attempt: Attempt = (_what, work) => work().then(() => undefined);

/** A comparison of a work pool in which only the test runs anything; its clock is minutes ahead of Prefect's. */
class Comparison {
  readonly sources: DeployedSources;
  readonly deployed: Deployed;
  readonly stores;
  readonly #parts: ComparisonParts;
  #now = Date.now() + 600_000;

  private constructor(sources: DeployedSources, deployed: Deployed) {
    this.sources = sources;
    this.deployed = deployed;
    const { client, service } = sources;
    this.stores = service.container.database;
    const clock = { now: () => this.#now, display: (at: number) => new Date(at) };
    const shared = { client, ...this.stores, store: this.stores.prefect, clock };
    const artifacts = new Artifacts(shared);
    const logger = createLogger({ level: 'error' });
    const report = new FlowRunReport({
      ...{ ...shared, artifacts, submissions: shared, logger },
      onCancelled: () => undefined,
    });
    const observed = new ObservedStates();
    this.#parts = { ...shared, artifacts, report, observed, workPool: deployed.pool };
  }

  static async of(sources: DeployedSources): Promise<Comparison> {
    return new Comparison(sources, await deploy(sources.client));
  }

  get now(): number {
    return this.#now;
  }

  /** A flow run that a worker has begun: it has a run, and a slot. */
  async begun(flowRun: FlowRunResponse) {
    const { id: sourceId } = await seedSource(this.sources.service, {});
    const { prefect } = this.stores;
    const claim = claimOf(sourceId, { flowRunId: flowRun.id, until: this.#now + 1_000_000 });
    const outcome = await prefect.claimFlowRun(claim, this.#now);
    if (outcome.kind !== 'taken') throw new Error(`not taken: ${outcome.kind}`);
    await prefect.reported(outcome.run);
    return outcome.run;
  }

  async flowRun(...states: readonly ('PENDING' | 'RUNNING')[]): Promise<FlowRunResponse> {
    const { client } = this.sources;
    const flowRun = await run(client, this.deployed);
    for (const state of states) await propose(client, flowRun, state);
    return flowRun;
  }

  /** What became of it. */
  async state({ id }: FlowRunResponse) {
    const { state } = await this.sources.client.flowRun(id);
    return { type: state?.type, name: state?.name, message: state?.message ?? null };
  }

  /** Compares, and so again once a worker would have gone on. */
  async compare(): Promise<void> {
    for (const seconds of [0, 29, 2]) {
      this.#now += seconds * 1000;
      await compareFlowRuns(this.#parts, attempt, CALL);
      await endAbandonedFlowRuns(this.#parts, attempt, CALL);
    }
  }

  /** Compares once. */
  async compareOnce(): Promise<void> {
    await compareFlowRuns(this.#parts, attempt, CALL);
    await endAbandonedFlowRuns(this.#parts, attempt, CALL);
  }
}

let server: PrefectServerAddress;
const using = (test: (comparison: Comparison) => Promise<void>) => async () => {
  server = await sharedPrefect();
  await withDeployedSources(
    () => server,
    async (sources) => test(await Comparison.of(sources)),
  )();
};

describe('a flow run that a worker has begun', () => {
  it(
    'and whose run has just ended here is not called crashed: Prefect is about to be told of its end',
    using(async (comparison) => {
      const flowRun = await comparison.flowRun('PENDING', 'RUNNING');
      const { id } = await comparison.begun(flowRun);
      const { runs } = comparison.stores;
      await comparison.compare();
      await runs.finish(id, OWNER, 'completed', null, comparison.now);
      await comparison.compareOnce();
      expect(await comparison.state(flowRun)).toMatchObject({ type: 'RUNNING' });
    }),
    LONG_MS,
  );

  it(
    'and whose end Prefect was told of, but does not have, ends as its run',
    using(async (comparison) => {
      const flowRun = await comparison.flowRun('PENDING', 'RUNNING');
      const begun = await comparison.begun(flowRun);
      const { runs, prefect } = comparison.stores;
      await runs.finish(begun.id, OWNER, 'failed', 'no such channel', comparison.now);
      for (const ended of await prefect.runsOf([flowRun.id])) await prefect.reported(ended);
      await comparison.compare();
      expect(await comparison.state(flowRun)).toMatchObject({ type: 'FAILED', message: 'no such channel' });
    }),
    LONG_MS,
  );

  it(
    'and that has no run here is crashed if it is running, and given back if it is pending, after half a minute',
    using(async (comparison) => {
      const running = await comparison.flowRun('PENDING', 'RUNNING');
      await comparison.compareOnce();
      expect(await comparison.state(running)).toMatchObject({ type: 'RUNNING' });
      await comparison.compare();
      const message = 'its run is gone from TeleGate';
      expect(await comparison.state(running)).toEqual({ type: 'CRASHED', name: 'Crashed', message });
      const pending = await comparison.flowRun('PENDING');
      await comparison.compareOnce();
      expect(await comparison.state(pending)).toMatchObject({ type: 'PENDING' });
      await comparison.compare();
      expect(await comparison.state(pending)).toEqual({
        ...{ type: 'SCHEDULED', name: 'AwaitingRetry', message: 'its worker was lost' },
      });
    }),
    LONG_MS,
  );
});
