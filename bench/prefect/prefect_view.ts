import { awaitedTimers } from '../../src/kernel/timers.js';
import type { Artifact, FlowRunResponse } from '../../src/prefect/api_types.js';
import { PAGE_SIZE, PrefectClient } from '../../src/prefect/client.js';
import { PrefectHttp } from '../../src/prefect/http.js';
import { AUTH_STRING } from './prefect_server.js';

/** The states in which a flow run has ended. */
const FINAL = new Set(['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED']);

/** What Prefect shows to its users. */
export class PrefectView {
  readonly #http: PrefectHttp;
  readonly #client: PrefectClient;

  constructor(apiUrl: string) {
    const address = { apiUrl, authString: AUTH_STRING, apiKey: null };
    this.#http = new PrefectHttp({ address, timers: awaitedTimers, random: Math.random });
    this.#client = new PrefectClient(this.#http);
  }

  /** All that there are. */
  async flowRuns(): Promise<FlowRunResponse[]> {
    const found: FlowRunResponse[] = [];
    for (;;) {
      const page = await this.#client.flowRuns({ sort: 'ID_DESC', limit: PAGE_SIZE, offset: found.length });
      found.push(...page);
      if (page.length < PAGE_SIZE) return found;
    }
  }

  flowRun(id: string): Promise<FlowRunResponse> {
    return this.#client.flowRun(id);
  }

  /** Those that have not ended. */
  async unfinished(): Promise<FlowRunResponse[]> {
    return (await this.flowRuns()).filter(({ state_type }) => !FINAL.has(state_type ?? ''));
  }

  /** How many slots of the deployment's concurrency limit are taken. */
  async slots(deploymentId: string): Promise<number> {
    const { global_concurrency_limit: limit } = await this.#client.deployment(deploymentId);
    if (!limit) throw new Error(`the deployment ${deploymentId} has no concurrency limit`);
    return limit.active_slots;
  }

  /** The messages of its log. */
  async log(flowRunId: string): Promise<string[]> {
    const found: { message: string }[] = [];
    for (;;) {
      const filter = { logs: { flow_run_id: { any_: [flowRunId] } }, sort: 'TIMESTAMP_ASC' };
      const body = { ...filter, limit: PAGE_SIZE, offset: found.length };
      const page = (await this.#http.call('POST', '/logs/filter', body)) as { message: string }[];
      found.push(...page);
      if (page.length < PAGE_SIZE) return found.map(({ message }) => message);
    }
  }

  artifacts(flowRunId: string): Promise<readonly Artifact[]> {
    return this.#client.artifacts({ artifacts: { flow_run_id: { any_: [flowRunId] } }, limit: PAGE_SIZE });
  }

  /** Starts a run, as any client of Prefect may. */
  async startRun(deploymentId: string): Promise<string> {
    return (await this.#client.createFlowRun(deploymentId, { parameters: {} })).id;
  }
}
