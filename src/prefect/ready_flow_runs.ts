import type { SteadyClock } from '../kernel/clock.js';
import { pagesByKey } from '../kernel/page.js';
import { isOwned } from '../runs/rules.js';
import type { FlowRunResponse } from './api_types.js';
import type { PrefectClient } from './client.js';
import { PrefectNotFound } from './errors.js';
import type { FlowRun, PrefectStore } from './store.js';

export interface ReadyFlowRunsParts {
  readonly client: Pick<PrefectClient, 'flowRun'>;
  readonly store: Pick<PrefectStore, 'unfinishedFlowRuns'>;
  readonly clock: SteadyClock;
}

/** How many runs are read at a time. */
const PAGE = 200;

const CALL = { retries: 2, deadlineMs: 5_000 };

/**
 * Flow runs that could begin now, and whose runs are in the database: those that were asked for here, and those that a
 * worker has interrupted. At most `limit`, and only those with an id that `isWanted`. @throws as the client.
 */
export async function readyFlowRuns(
  { client, store, clock }: ReadyFlowRunsParts,
  isWanted: (flowRunId: string) => boolean,
  limit: number,
  signal: AbortSignal,
): Promise<FlowRunResponse[]> {
  const now = clock.now();
  const ready: FlowRun[] = [];
  const read = (after: number) => store.unfinishedFlowRuns(after, PAGE);
  for await (const page of pagesByKey(read, ({ sourceId }) => sourceId, PAGE)) {
    ready.push(...page.filter((run) => isReady(run, now) && isWanted(run.flowRunId)));
    if (ready.length >= limit) break;
  }
  const found = await Promise.all(
    ready.slice(0, limit).map(async ({ flowRunId }) =>
      client.flowRun(flowRunId, { ...CALL, signal }).catch((error: unknown) => {
        if (error instanceof PrefectNotFound) return null;
        throw error;
      }),
    ),
  );
  const latest = clock.display(now).getTime();
  return found.filter((flowRun) => flowRun !== null).filter((flowRun) => isDue(flowRun, latest));
}

function isReady(run: FlowRun, now: number): boolean {
  if (isOwned(run, now) || run.cancelRequested) return false;
  return run.state === 'queued' || (run.state === 'deferred' && (run.notBefore ?? 0) <= now);
}

function isDue({ state_type, next_scheduled_start_time: at }: FlowRunResponse, now: number): boolean {
  return state_type === 'SCHEDULED' && at !== null && Date.parse(at) <= now;
}
