import { randomUUID } from 'node:crypto';
import type {
  DeploymentResponse,
  FlowRunResponse,
  OrchestrationResult,
} from '../../src/prefect/api_types.js';
import type { PrefectClient } from '../../src/prefect/client.js';
import { WORK_POOL_TYPE } from '../../src/prefect/server_check.js';

/** A flow, a work pool and a deployment of no other test. */
export interface Deployed {
  readonly pool: string;
  readonly flowId: string;
  readonly deployment: DeploymentResponse;
}

/** Creates them; the deployment runs once at a time, and a run more is cancelled. */
export async function deploy(client: PrefectClient, name = `d-${randomUUID()}`): Promise<Deployed> {
  const pool = `pool-${randomUUID()}`;
  await client.createWorkPool({ name: pool, type: WORK_POOL_TYPE, base_job_template: {} });
  const { id: flowId } = await client.flow(`flow-${randomUUID()}`);
  const deployment = await client.putDeployment({
    ...{ name, flow_id: flowId, work_pool_name: pool, work_queue_name: 'default' },
    concurrency_limit: 1,
    concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: 300 },
  });
  return { pool, flowId, deployment };
}

/** A run of the deployment that is due now. */
export function run(
  client: PrefectClient,
  { deployment }: Deployed,
  idempotencyKey?: string,
): Promise<FlowRunResponse> {
  const key = idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey };
  return client.createFlowRun(deployment.id, { parameters: {}, ...key });
}

type StateType = 'SCHEDULED' | 'PENDING' | 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED';

/** Proposes a state. */
export function propose(
  client: PrefectClient,
  { id }: Pick<FlowRunResponse, 'id'>,
  type: StateType,
  more: { readonly name?: string; readonly transitionId?: string; readonly at?: Date } = {},
): Promise<OrchestrationResult> {
  const { name, transitionId, at } = more;
  const details = {
    ...(transitionId !== undefined && { transition_id: transitionId }),
    ...(at && { scheduled_time: at.toISOString() }),
  };
  return client.setState(id, { state: { type, ...(name && { name }), state_details: details } });
}
