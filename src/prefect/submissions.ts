import { iso, type SteadyClock } from '../kernel/clock.js';
import { pagesByKey } from '../kernel/page.js';
import { exponentialDelay } from '../kernel/retry.js';
import { isOwned } from '../runs/rules.js';
import type { Run, RunStore } from '../runs/store.js';
import type { Source, SourceStore } from '../sources/store.js';
import type { FlowRunResponse, StateCreate } from './api_types.js';
import type { Attempt } from './attempts.js';
import type { PrefectClient } from './client.js';
import { PrefectNotFound } from './errors.js';
import {
  attemptOf,
  cancelledBecause,
  flowRunName,
  flowRunParameters,
  flowRunTags,
  idempotencyKey,
  isFinal,
} from './flow_run_state.js';
import type { CallOptions } from './http.js';
import type { FlowRun, PrefectStore, RunToSubmit } from './store.js';

export interface SubmissionsParts {
  readonly client: Pick<PrefectClient, 'createFlowRun' | 'setState'>;
  readonly store: Pick<PrefectStore, 'runsToSubmit' | 'saveFlowRunId' | 'deploymentsOf' | 'replaceFlowRun'>;
  readonly runs: Pick<RunStore, 'run' | 'log'>;
  readonly sources: Pick<SourceStore, 'source'>;
  readonly clock: SteadyClock;
}

/** How many runs are read at a time. */
const PAGE = 200;

/** How often a run is submitted whose flow runs collide with others: over some six minutes. */
export const MAX_ATTEMPTS = 12;

/** How long the next attempt waits, doubled each time up to the second, in milliseconds. */
const PAUSE_MS = [1_000, 60_000] as const;

/**
 * Creates the flow runs of all runs that were queued here. Safe to repeat, and at several processes at once. Runs
 * without a deployment, or whose deployment is gone in Prefect, stay due. @throws as the client.
 */
export async function submitRuns(
  parts: SubmissionsParts,
  attempt: Attempt,
  options: CallOptions,
): Promise<void> {
  const { store, clock } = parts;
  const read = (after: number) => store.runsToSubmit(after, PAGE, clock.now());
  for await (const page of pagesByKey(read, ({ run }) => run.sourceId, PAGE)) {
    for (const due of page) await attempt(`submit ${due.run.id}`, () => submit(due, parts, options), options);
  }
}

async function submit(
  { run, deploymentId }: RunToSubmit,
  parts: SubmissionsParts,
  options: CallOptions,
): Promise<void> {
  const { store, sources } = parts;
  const source = await sources.source(run.sourceId);
  const created = source && (await create({ run, source, deploymentId }, 1, parts, options));
  if (!created || (await store.saveFlowRunId(run.id, created.id))) return;
  await discard(created, run, parts, options);
}

/**
 * Submits a run again whose flow run Prefect has cancelled, because another one still had the source's only slot: it
 * stays queued, and begins after a pause. False: it was tried often enough. @throws as the client.
 */
export async function resubmit(
  run: FlowRun,
  collided: FlowRunResponse,
  parts: SubmissionsParts,
  options: CallOptions,
): Promise<boolean> {
  const { store, runs, sources, clock } = parts;
  const now = clock.now();
  // A worker has begun with it before it collided.
  if (isOwned(run, now)) return true;
  if (run.cancelRequested) return false;
  const source = await sources.source(run.sourceId);
  const [deployment] = await store.deploymentsOf([run.sourceId]);
  // Without a deployment, the next comparison tries it again.
  if (!source || !deployment?.deploymentId) return true;
  const due = { run, source, deploymentId: deployment.deploymentId };
  let attempt = attemptOf(collided.idempotency_key);
  let created: FlowRunResponse | null;
  do {
    attempt += 1;
    if (attempt > MAX_ATTEMPTS) return false;
    created = await create(due, attempt, parts, options);
    if (created === null) return true;
    // That one was for this run too, before another flow run took it over.
  } while (isFinal(created.state_type));
  if (await store.replaceFlowRun(run, created.id, now)) {
    const message = 'Prefect had not freed the slot of its source yet; it is submitted again';
    await runs.log(run.id, [{ at: now, level: 'info', message }]);
  } else await discard(created, run, parts, options);
  return true;
}

/** Null: Prefect does not have the deployment, and the reconciler makes it again. */
async function create(
  due: { readonly run: Run; readonly source: Source; readonly deploymentId: string },
  attempt: number,
  { client, clock }: SubmissionsParts,
  options: CallOptions,
): Promise<FlowRunResponse | null> {
  const { run, source, deploymentId } = due;
  const body = {
    name: flowRunName(source.name, run.reason, clock.display(run.createdAt)),
    parameters: flowRunParameters(source.id, run),
    idempotency_key: idempotencyKey(run, attempt),
    tags: flowRunTags([], run.reason),
    ...(attempt > 1 && { state: scheduledAfterPause(run, attempt, clock) }),
  };
  return client.createFlowRun(deploymentId, body, options).catch((error: unknown) => {
    if (error instanceof PrefectNotFound) return null;
    throw error;
  });
}

function scheduledAfterPause(run: Run, attempt: number, clock: SteadyClock): StateCreate {
  const at = Math.max(clock.now() + exponentialDelay(attempt - 2, ...PAUSE_MS), run.notBefore ?? 0);
  return { type: 'SCHEDULED', state_details: { scheduled_time: iso(clock, at) } };
}

/** Cancels a flow run that nobody wants by now. */
async function discard(
  { id }: FlowRunResponse,
  run: Run,
  { client, runs }: SubmissionsParts,
  options: CallOptions,
): Promise<void> {
  const now = await runs.run(run.id);
  const what = now?.finishedAt === null ? 'was begun by another flow run' : 'has ended';
  const why = now ? `run ${run.id} ${what}` : 'its run is gone';
  await client.setState(id, { state: cancelledBecause(why) }, options);
}
