import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Seed } from '../../sandbox/world/seed.js';
import type { TimeSource } from '../../src/kernel/clock.js';
import type { Artifact, DeploymentResponse, FlowRunResponse } from '../../src/prefect/api_types.js';
import type { PrefectClient } from '../../src/prefect/client.js';
import { WORK_POOL_TYPE } from '../../src/prefect/server_check.js';
import { type World, withTelegram } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { clientOf, httpOf } from './clients.js';
import { ASK_MS, eventually } from './eventually.js';
import { quickPace } from './quick_pace.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

/** A flow and a work pool of no other test, on a Prefect server. */
export class PrefectSpace {
  readonly address: PrefectServerAddress;
  readonly client: PrefectClient;
  readonly workPool: string;
  readonly flowId: string;
  readonly flowName: string;

  private constructor(
    address: PrefectServerAddress,
    client: PrefectClient,
    flow: { id: string; name: string },
    workPool: string,
  ) {
    this.address = address;
    this.client = client;
    this.workPool = workPool;
    this.flowId = flow.id;
    this.flowName = flow.name;
  }

  static async make(address: PrefectServerAddress): Promise<PrefectSpace> {
    const client = clientOf(address);
    const workPool = `pool-${randomUUID()}`;
    await client.createWorkPool({ name: workPool, type: WORK_POOL_TYPE, base_job_template: {} });
    return new PrefectSpace(address, client, await client.flow(`flow-${randomUUID()}`), workPool);
  }

  /** The settings with which a service uses it. */
  get settings(): Record<string, string> {
    const { apiUrl, authString } = this.address;
    return {
      PREFECT_API_URL: apiUrl,
      PREFECT_API_AUTH_STRING: authString,
      PREFECT_WORK_POOL: this.workPool,
    };
  }

  /** The deployment of a source, once the service has made it. */
  async deployed(service: Service, sourceId: number): Promise<DeploymentResponse> {
    let id: string | null = null;
    await eventually(async () => {
      const { body } = await service.as('admin').get(`/sources/${sourceId}`).expect(200);
      if (body.deployment.synchronised) id = body.deployment.id;
      return id !== null;
    });
    return this.client.deployment(id ?? '');
  }

  /** Starts a run as Prefect's REST API does for everybody. */
  start({ id }: DeploymentResponse, parameters: Record<string, unknown> = {}): Promise<FlowRunResponse> {
    return this.client.createFlowRun(id, { parameters });
  }

  /** The flow runs of a deployment, the one that was to start last first. */
  flowRuns({ id }: Pick<DeploymentResponse, 'id'>): Promise<readonly FlowRunResponse[]> {
    const filter = {
      deployments: { id: { any_: [id] } },
      sort: 'EXPECTED_START_TIME_DESC',
      limit: 200,
    } as const;
    return this.client.flowRuns(filter);
  }

  /** The flow run, once it is so. */
  async flowRunOnce(
    id: string,
    isSo: (flowRun: FlowRunResponse) => boolean | undefined,
    seconds = 60,
  ): Promise<FlowRunResponse> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = await this.client.flowRun(id).catch(() => null);
      if (found && isSo(found)) return found;
      if (Date.now() > deadline) throw new Error(`never came true: ${isSo}; ${JSON.stringify(found?.state)}`);
      await delay(ASK_MS);
    }
  }

  ended(id: string, seconds?: number): Promise<FlowRunResponse> {
    return this.flowRunOnce(id, ({ state_type }) => ENDS.has(state_type ?? ''), seconds);
  }

  async logs(flowRunId: string): Promise<readonly { level: number; message: string; name: string }[]> {
    const filter = { logs: { flow_run_id: { any_: [flowRunId] } }, sort: 'TIMESTAMP_ASC', limit: 200 };
    return (await httpOf(this.address).call('POST', '/logs/filter', filter)) as never;
  }

  artifacts(flowRunId: string): Promise<readonly Artifact[]> {
    return this.client.artifacts({ artifacts: { flow_run_id: { any_: [flowRunId] } }, limit: 50 });
  }

  /** How many slots of the deployment are taken. */
  async slots({ id }: Pick<DeploymentResponse, 'id'>): Promise<number | undefined> {
    return (await this.client.deployment(id)).global_concurrency_limit?.active_slots;
  }
}

const ENDS = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED']);

export interface PrefectWorld extends World {
  readonly prefect: PrefectSpace;
}

export interface PrefectWorldOptions {
  readonly seed?: Seed;
  readonly settings?: Readonly<Record<string, string>>;
  /** The clocks of the service; this machine's by default. */
  readonly time?: TimeSource;
  /** A server of the test's own; the shared one by default. */
  readonly address?: () => Promise<PrefectServerAddress>;
}

/** Runs the test with a service that works for a Prefect server, and its own data centres. */
export function withPrefect(
  test: (world: PrefectWorld) => Promise<void>,
  { seed, settings, time, address = sharedPrefect }: PrefectWorldOptions = {},
): () => Promise<void> {
  return async () => {
    const prefect = await PrefectSpace.make(await address());
    const shared = await makeServiceDatabase('sqlite');
    await withTelegram((world) => test({ ...world, prefect }), {
      ...(seed && { seed }),
      ...(time && { time }),
      shared,
      prefectFlow: prefect.flowName,
      prefectPace: quickPace,
      settings: { ...prefect.settings, ...settings },
    })();
  };
}
