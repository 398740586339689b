import type { SteadyClock } from '../kernel/clock.js';
import type { RunStore } from '../runs/store.js';
import type { SourceStore } from '../sources/store.js';
import type { PrefectClient } from './client.js';
import { PrefectNotFound } from './errors.js';
import {
  cancelledBecause,
  flowRunName,
  flowRunParameters,
  flowRunTags,
  idempotencyKey,
} from './flow_run_state.js';
import type { CallOptions } from './http.js';
import type { PrefectStore, RunToSubmit } from './store.js';

export interface SubmissionsParts {
  readonly client: Pick<PrefectClient, 'createFlowRun' | 'setState'>;
  readonly store: Pick<PrefectStore, 'runsToSubmit' | 'saveFlowRunId'>;
  readonly runs: Pick<RunStore, 'run'>;
  readonly sources: Pick<SourceStore, 'source'>;
  readonly clock: SteadyClock;
}

/** How many runs are read at a time. */
const PAGE = 200;

/**
 * Creates the flow runs of all runs that were queued here. Safe to repeat, and at several processes at once. Runs
 * without a deployment, or whose deployment is gone in Prefect, stay due. @throws as the client.
 */
export async function submitRuns(parts: SubmissionsParts, options: CallOptions): Promise<void> {
  const { store, clock } = parts;
  for (let after = 0; ; ) {
    const page = await store.runsToSubmit(after, PAGE, clock.now());
    for (const due of page) await submit(due, parts, options);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.run.sourceId;
  }
}

async function submit(
  { run, deploymentId }: RunToSubmit,
  { client, store, runs, sources, clock }: SubmissionsParts,
  options: CallOptions,
): Promise<void> {
  const source = await sources.source(run.sourceId);
  if (!source) return;
  const body = {
    name: flowRunName(source.name, run.reason, clock.display(run.createdAt)),
    parameters: flowRunParameters(source.id, run),
    idempotency_key: idempotencyKey(source.id, run.id),
    tags: flowRunTags([], run.reason),
  };
  const created = await client.createFlowRun(deploymentId, body, options).catch((error: unknown) => {
    // The reconciler makes the deployment again.
    if (error instanceof PrefectNotFound) return null;
    throw error;
  });
  if (created === null || (await store.saveFlowRunId(run.id, created.id))) return;
  const now = await runs.run(run.id);
  const why = now ? `run ${run.id} was begun by another flow run` : 'its run is gone';
  await client.setState(created.id, { state: cancelledBecause(why) }, options);
}
