import type { FlowRunClaim } from '../../src/prefect/store.js';
import { NO_FORM } from '../../src/runs/rules.js';
import type { Run } from '../../src/runs/store.js';
import { OWNER, UNTIL } from './runs.js';
import { type Stores, T0 } from './stores.js';

/** A worker's claim of a flow run of this source that Prefect scheduled. */
export function claimOf(sourceId: number, over: Partial<FlowRunClaim> = {}): FlowRunClaim {
  const { flowRunId = 'flow-1', owner = OWNER, until = UNTIL } = over;
  const given = { sourceId, flowRunId, owner, until };
  return { ...given, localRunId: null, reason: 'schedule', form: NO_FORM, isRetry: false, ...over };
}

/** Claims a flow run, which must succeed. */
export async function claim(
  { prefect }: Stores,
  sourceId: number,
  over: Partial<FlowRunClaim> = {},
  now = T0,
): Promise<Run> {
  const outcome = await prefect.claimFlowRun(claimOf(sourceId, over), now);
  if (outcome.kind !== 'taken') throw new Error(`not taken: ${JSON.stringify(outcome)}`);
  return outcome.run;
}

/** The run as it is stored, which must exist. */
export async function stored({ runs }: Stores, id: number): Promise<Run> {
  const run = await runs.run(id);
  if (!run) throw new Error(`there is no run ${id}`);
  return run;
}
