import type { SteadyClock } from '../kernel/clock.js';
import { isOwned } from '../runs/rules.js';
import type { FlowRunResponse, StateCreate } from './api_types.js';
import type { Artifacts } from './artifacts.js';
import { PAGE_SIZE, type PrefectClient } from './client.js';
import { type FlowRunReport, settle } from './flow_run_report.js';
import { awaitingRetry, cancelledBecause, isFinal } from './flow_run_state.js';
import type { CallOptions } from './http.js';
import type { FlowRun, PrefectStore } from './store.js';

export interface ComparisonParts {
  readonly client: Pick<PrefectClient, 'flowRuns' | 'setState'>;
  readonly store: Pick<PrefectStore, 'unfinishedFlowRuns'>;
  readonly report: Pick<FlowRunReport, 'report' | 'cancel'>;
  readonly artifacts: Pick<Artifacts, 'showProgress'>;
  readonly workPool: string;
  readonly clock: SteadyClock;
}

/** Runs work on one flow run, so that its failure does not keep the others waiting. */
export type Attempt = (id: number | string, work: () => Promise<unknown>) => Promise<void>;

/** A worker has had enough time to go on, in milliseconds: one that has not was lost. */
const LOST_AFTER_MS = 30_000;

/**
 * Compares the runs that have not ended with Prefect: cancels those that were cancelled, ended or deleted there, gives
 * back those whose worker was lost between two calls, and moves the progress of the others. One call for 200 runs, and
 * one for each progress that has changed. Returns the flow runs that have not ended here. @throws as the client.
 */
export async function compareFlowRuns(
  parts: ComparisonParts & { readonly attempt: Attempt },
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const unfinished = new Set<string>();
  for (let after = 0; ; ) {
    const page = await parts.store.unfinishedFlowRuns(after, PAGE_SIZE);
    if (page.length > 0) {
      const ids = page.map(({ flowRunId }) => flowRunId);
      const filter = { flow_runs: { id: { any_: ids } }, limit: PAGE_SIZE };
      const theirs = new Map((await parts.client.flowRuns(filter, options)).map((one) => [one.id, one]));
      for (const run of page) {
        unfinished.add(run.flowRunId);
        await parts.attempt(run.id, () => compare(run, theirs.get(run.flowRunId), parts, options));
      }
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE_SIZE) return unfinished;
    after = last.sourceId;
  }
}

async function compare(
  run: FlowRun,
  theirs: FlowRunResponse | undefined,
  { client, report, artifacts, clock }: ComparisonParts,
  options: CallOptions,
): Promise<void> {
  const type = theirs?.state_type;
  if (theirs === undefined || isFinal(type) || type === 'CANCELLING')
    return report.cancel(run, theirs ?? null);
  if (run.state === 'running') await artifacts.showProgress(run, options);
  if (type === 'SCHEDULED' || !run.flowReported || isOwned(run, clock.now()) || !isOld(theirs, clock)) return;
  if (run.state === 'deferred') return report.report(run, options);
  if (run.state === 'queued') await giveBack(theirs, client, clock, options);
}

/**
 * Ends or gives back the flow runs of the work pool that a worker has begun, but of which there is no run under way:
 * their worker was lost before it recorded one, or their run was deleted with its source. @throws as the client.
 */
export async function endAbandonedFlowRuns(
  { client, workPool, clock, attempt }: ComparisonParts & { readonly attempt: Attempt },
  unfinished: ReadonlySet<string>,
  options: CallOptions,
): Promise<void> {
  const filter = {
    work_pools: { name: { any_: [workPool] } },
    flow_runs: { state: { type: { any_: ['PENDING', 'RUNNING', 'CANCELLING'] } } },
    limit: PAGE_SIZE,
    sort: 'START_TIME_ASC',
  } as const;
  for (const flowRun of await client.flowRuns(filter, options)) {
    if (unfinished.has(flowRun.id) || !isOld(flowRun, clock)) continue;
    await attempt(flowRun.id, () =>
      flowRun.state_type === 'PENDING'
        ? giveBack(flowRun, client, clock, options)
        : settle(client, flowRun.id, gone(flowRun), options),
    );
  }
}

function gone({ state_type }: FlowRunResponse): StateCreate {
  const message = 'its run is gone from TeleGate';
  return state_type === 'CANCELLING'
    ? cancelledBecause(message)
    : { type: 'CRASHED', name: 'Crashed', message };
}

async function giveBack(
  { id }: FlowRunResponse,
  client: ComparisonParts['client'],
  clock: SteadyClock,
  options: CallOptions,
): Promise<void> {
  const state = awaitingRetry(clock.display(clock.now()), 'its worker was lost');
  await settle(client, id, state, options);
}

function isOld({ state }: FlowRunResponse, clock: SteadyClock): boolean {
  const since = state === null ? Number.NaN : Date.parse(state.timestamp);
  return clock.display(clock.now()).getTime() - since > LOST_AFTER_MS;
}
