import type {
  ArtifactCreate,
  DeploymentCreate,
  DeploymentResponse,
  DeploymentScheduleCreate,
  DeploymentScheduleUpdate,
  DeploymentUpdate,
  Operations,
} from './api_types.js';
import type { CallOptions, Method, PrefectHttp } from './http.js';

/** The most that Prefect lists in one answer. */
export const PAGE_SIZE = 200;

type Body<Name extends keyof Operations> = Operations[Name]['body'];
type Answer<Name extends keyof Operations> = Operations[Name]['answer'];

/**
 * The calls of Prefect's REST API that TeleGate makes. Each rejects as `PrefectHttp.call` does, and is repeated when
 * Prefect did not answer: what creates something is safe to have twice, or says what a second one does.
 */
export class PrefectClient {
  readonly #http: PrefectHttp;
  readonly #pageSize: number;

  /** `pageSize`: how many deployments it asks for at a time. */
  constructor(http: PrefectHttp, pageSize = PAGE_SIZE) {
    this.#http = http;
    this.#pageSize = pageSize;
  }

  /** The server's version, such as `3.9.1`. */
  version(options?: CallOptions) {
    return this.#call('GET /admin/version', {}, undefined, options);
  }

  workPool(name: string, options?: CallOptions) {
    return this.#call('GET /work_pools/{name}', { name }, undefined, options);
  }

  /** @throws PrefectConflict if there is one of this name. */
  createWorkPool(body: Body<'POST /work_pools/'>, options?: CallOptions) {
    return this.#call('POST /work_pools/', {}, body, options);
  }

  /** Tells the pool that a worker is there, for as long as a few of its intervals. */
  heartbeat(
    pool: string,
    body: Body<'POST /work_pools/{work_pool_name}/workers/heartbeat'>,
    options?: CallOptions,
  ) {
    const name = 'POST /work_pools/{work_pool_name}/workers/heartbeat';
    return this.#call(name, { work_pool_name: pool }, body, options);
  }

  /** Runs that are due, the earliest first. It claims nothing: other workers are given the same. */
  scheduledFlowRuns(
    pool: string,
    body: Body<'POST /work_pools/{name}/get_scheduled_flow_runs'>,
    options?: CallOptions,
  ) {
    return this.#call('POST /work_pools/{name}/get_scheduled_flow_runs', { name: pool }, body, options);
  }

  /** The flow of this name, which is created if it is missing. */
  flow(name: string, options?: CallOptions) {
    return this.#call('POST /flows/', {}, { name }, options);
  }

  /** Creates a deployment, or replaces what is given of the one with this flow and name. */
  putDeployment(body: DeploymentCreate, options?: CallOptions) {
    return this.#call('POST /deployments/', {}, body, options);
  }

  deployment(id: string, options?: CallOptions) {
    return this.#call('GET /deployments/{id}', { id }, undefined, options);
  }

  deploymentNamed(flowName: string, deploymentName: string, options?: CallOptions) {
    const params = { flow_name: flowName, deployment_name: deploymentName };
    return this.#call('GET /deployments/name/{flow_name}/{deployment_name}', params, undefined, options);
  }

  /** All deployments of a flow, in pages of 200. */
  async *deploymentsOf(flowId: string, options?: CallOptions): AsyncGenerator<readonly DeploymentResponse[]> {
    for (let offset = 0; ; offset += this.#pageSize) {
      const body = {
        flows: { id: { any_: [flowId] } },
        limit: this.#pageSize,
        offset,
        sort: 'NAME_ASC',
      } as const;
      const page = await this.#call('POST /deployments/filter', {}, body, options);
      yield page;
      if (page.length < this.#pageSize) return;
    }
  }

  patchDeployment(id: string, body: DeploymentUpdate, options?: CallOptions) {
    return this.#call('PATCH /deployments/{id}', { id }, body, options);
  }

  deleteDeployment(id: string, options?: CallOptions) {
    return this.#call('DELETE /deployments/{id}', { id }, undefined, options);
  }

  createSchedules(id: string, body: DeploymentScheduleCreate[], options?: CallOptions) {
    return this.#call('POST /deployments/{id}/schedules', { id }, body, options);
  }

  patchSchedule(id: string, scheduleId: string, body: DeploymentScheduleUpdate, options?: CallOptions) {
    const params = { id, schedule_id: scheduleId };
    return this.#call('PATCH /deployments/{id}/schedules/{schedule_id}', params, body, options);
  }

  deleteSchedule(id: string, scheduleId: string, options?: CallOptions) {
    const params = { id, schedule_id: scheduleId };
    return this.#call('DELETE /deployments/{id}/schedules/{schedule_id}', params, undefined, options);
  }

  /** With an `idempotency_key` that its flow has had, the run of that time. */
  createFlowRun(
    deploymentId: string,
    body: Body<'POST /deployments/{id}/create_flow_run'>,
    options?: CallOptions,
  ) {
    return this.#call('POST /deployments/{id}/create_flow_run', { id: deploymentId }, body, options);
  }

  flowRun(id: string, options?: CallOptions) {
    return this.#call('GET /flow_runs/{id}', { id }, undefined, options);
  }

  /** At most 200. */
  flowRuns(body: Body<'POST /flow_runs/filter'>, options?: CallOptions) {
    return this.#call('POST /flow_runs/filter', {}, body, options);
  }

  patchFlowRun(id: string, body: Body<'PATCH /flow_runs/{id}'>, options?: CallOptions) {
    return this.#call('PATCH /flow_runs/{id}', { id }, body, options);
  }

  /** Proposes a state, which Prefect accepts, rejects, delays or aborts: see `status` of its answer. */
  setState(id: string, body: Body<'POST /flow_runs/{id}/set_state'>, options?: CallOptions) {
    return this.#call('POST /flow_runs/{id}/set_state', { id }, body, options);
  }

  /** Repeated after an answer that was lost, entries are there twice. */
  createLogs(body: Body<'POST /logs/'>, options?: CallOptions) {
    return this.#call('POST /logs/', {}, body, options);
  }

  createArtifact(body: ArtifactCreate, options?: CallOptions) {
    return this.#call('POST /artifacts/', {}, body, options);
  }

  /** At most 200. */
  artifacts(body: Body<'POST /artifacts/filter'>, options?: CallOptions) {
    return this.#call('POST /artifacts/filter', {}, body, options);
  }

  patchArtifact(id: string, body: Body<'PATCH /artifacts/{id}'>, options?: CallOptions) {
    return this.#call('PATCH /artifacts/{id}', { id }, body, options);
  }

  /** An event of an `id` that was there before is ignored. */
  emitEvents(body: Body<'POST /events'>, options?: CallOptions) {
    return this.#call('POST /events', {}, body, options);
  }

  async #call<Name extends keyof Operations>(
    name: Name,
    params: Readonly<Record<string, string>>,
    body: Body<Name>,
    options?: CallOptions,
  ): Promise<Answer<Name>> {
    const [method, template] = String(name).split(' ') as [Method, string];
    const path = template.replace(/\{(\w+)\}/g, (_, param) => encodeURIComponent(params[param] ?? ''));
    return (await this.#http.call(method, path, body, options)) as Answer<Name>;
  }
}
