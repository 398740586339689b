import { LRUCache } from 'lru-cache';
import type { SteadyClock } from '../kernel/clock.js';
import { pagesByKey } from '../kernel/page.js';
import { isOwned } from '../runs/rules.js';
import type { FlowRunResponse, StateCreate } from './api_types.js';
import type { Artifacts } from './artifacts.js';
import type { Attempt } from './attempts.js';
import { PAGE_SIZE, type PrefectClient } from './client.js';
import { type FlowRunReport, settle } from './flow_run_report.js';
import { awaitingRetry, cancelledBecause, isFinal } from './flow_run_state.js';
import type { CallOptions } from './http.js';
import type { FlowRun, PrefectStore } from './store.js';

export interface ComparisonParts {
  readonly client: Pick<PrefectClient, 'flowRuns' | 'setState'>;
  readonly store: Pick<PrefectStore, 'unfinishedFlowRuns' | 'runsOf'>;
  readonly report: Pick<FlowRunReport, 'report' | 'followEnd'>;
  readonly artifacts: Pick<Artifacts, 'showProgress'>;
  readonly observed: ObservedStates;
  readonly workPool: string;
  readonly clock: SteadyClock;
}

/** A worker has had enough time to go on, in milliseconds: one that has not was lost. */
const LOST_AFTER_MS = 30_000;

const MAX_OBSERVED = 10_000;

/** Since when flow runs have been in their states, as far as was seen here: Prefect's clock may be another. */
export class ObservedStates {
  readonly #seen = new LRUCache<string, { readonly stateId: string | null; readonly at: number }>({
    max: MAX_OBSERVED,
  });

  /** Whether a worker would have changed this state by now. */
  isStale({ id, state_id: stateId }: FlowRunResponse, now: number): boolean {
    const seen = this.#seen.get(id);
    if (seen?.stateId === stateId) return now - seen.at > LOST_AFTER_MS;
    this.#seen.set(id, { stateId, at: now });
    return false;
  }
}

/**
 * Compares the runs that have not ended with Prefect: cancels those that were cancelled, ended or deleted there, gives
 * back those whose worker was lost between two calls, and moves the progress of the others. One call for 200 runs, and
 * one for each progress that has changed. Returns how many there are. @throws as the client.
 */
export async function compareFlowRuns(
  parts: ComparisonParts,
  attempt: Attempt,
  options: CallOptions,
): Promise<number> {
  let compared = 0;
  const read = (after: number) => parts.store.unfinishedFlowRuns(after, PAGE_SIZE);
  for await (const page of pagesByKey(read, ({ sourceId }) => sourceId, PAGE_SIZE)) {
    const ids = page.map(({ flowRunId }) => flowRunId);
    const filter = { flow_runs: { id: { any_: ids } }, limit: PAGE_SIZE };
    const theirs = new Map((await parts.client.flowRuns(filter, options)).map((one) => [one.id, one]));
    for (const run of page) {
      const flowRun = theirs.get(run.flowRunId);
      await attempt(`comparison ${run.id}`, () => compare(run, flowRun, parts, options), options);
      const show = () => parts.artifacts.showProgress(run, options);
      if (flowRun && run.state === 'running') await attempt(`progress ${run.id}`, show, options);
    }
    compared += page.length;
  }
  return compared;
}

async function compare(
  run: FlowRun,
  theirs: FlowRunResponse | undefined,
  { client, report, observed, clock }: ComparisonParts,
  options: CallOptions,
): Promise<void> {
  const type = theirs?.state_type;
  if (theirs === undefined || isFinal(type) || type === 'CANCELLING')
    return report.followEnd(run, theirs ?? null, options);
  const now = clock.now();
  if (type === 'SCHEDULED' || !run.flowReported || isOwned(run, now)) return;
  if (!observed.isStale(theirs, now)) return;
  if (run.state === 'deferred') return report.report(run, options);
  if (run.state === 'queued') await giveBack(theirs, client, clock, options);
}

/**
 * Ends or gives back the flow runs of the work pool that a worker has begun, but whose run has ended here, or of which
 * there is none: their worker was lost before it recorded one, or their run was deleted with its source.
 * @throws as the client.
 */
export async function endAbandonedFlowRuns(
  parts: ComparisonParts,
  attempt: Attempt,
  options: CallOptions,
): Promise<void> {
  const { client, store, observed, workPool, clock } = parts;
  const filter = {
    work_pools: { name: { any_: [workPool] } },
    flow_runs: { state: { type: { any_: ['PENDING', 'RUNNING', 'CANCELLING'] } } },
    limit: PAGE_SIZE,
    sort: 'START_TIME_ASC',
  } as const;
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const begun = await client.flowRuns({ ...filter, offset }, options);
    // Read after the list: a run that has ended since, and that Prefect is about to be told of, is not abandoned.
    const runs = await store.runsOf(begun.map(({ id }) => id));
    const ours = new Map(runs.map((run) => [run.flowRunId, run]));
    for (const flowRun of begun) {
      const run = ours.get(flowRun.id);
      const isUnderWay = run && (run.finishedAt === null || !run.flowReported);
      if (isUnderWay || !observed.isStale(flowRun, clock.now())) continue;
      await attempt(`abandoned ${flowRun.id}`, () => end(flowRun, run, parts, options), options);
    }
    if (begun.length < PAGE_SIZE) return;
  }
}

/** `run`: the one that has ended here, and of which Prefect was told before it forgot, or was told otherwise. */
async function end(
  flowRun: FlowRunResponse,
  run: FlowRun | undefined,
  { client, report, clock }: ComparisonParts,
  options: CallOptions,
): Promise<void> {
  if (run) await report.report(run, options);
  else if (flowRun.state_type === 'PENDING') await giveBack(flowRun, client, clock, options);
  else await settle(client, flowRun.id, gone(flowRun), options);
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
