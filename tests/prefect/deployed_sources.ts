import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { DeploymentResponse } from '../../src/prefect/api_types.js';
import type { PrefectClient } from '../../src/prefect/client.js';
import { PrefectNotFound } from '../../src/prefect/errors.js';
import { usualPace } from '../../src/prefect/pace.js';
import { type Service, type ServiceOptions, withService } from '../service/service.js';
import { clientOf, runPrefect } from './clients.js';
import type { PrefectServerAddress } from './server.js';

/** What Prefect's server needs on a busy machine, in milliseconds. */
const WITHIN_MS = 25_000;
const POLL_MS = 25;
/** How much of the log is shown of what never came true. */
const LOGGED = 10;

const NEW = { channel_username: 'technews', target: 'LOCAL' };

/** A source as the API answers it: the fields that tests use. */
export interface AnsweredSource {
  readonly id: number;
  readonly name: string;
  readonly schedule: string | null;
  readonly is_active: 'active' | 'inactive';
  readonly deployment: {
    readonly id: string | null;
    readonly synchronised: boolean;
    readonly schedule: string | null;
    readonly error: string | null;
    readonly url: string | null;
  } | null;
}

/** What both a service and its Prefect are asked. */
export class DeployedSources {
  readonly service: Service;
  readonly server: PrefectServerAddress;
  readonly client: PrefectClient;
  readonly flow: string;
  readonly pool: string;
  /** Those of the service from its next start on. */
  readonly settings: Record<string, string>;

  constructor(
    service: Service,
    server: PrefectServerAddress,
    place: Pick<DeployedSources, 'flow' | 'pool' | 'settings'>,
  ) {
    this.service = service;
    this.server = server;
    this.client = clientOf(server);
    this.flow = place.flow;
    this.pool = place.pool;
    this.settings = place.settings;
  }

  async create(fields: Readonly<Record<string, unknown>> = {}): Promise<AnsweredSource> {
    const body = { name: 'Technews', ...NEW, ...fields };
    return (await this.service.as('admin').post('/sources/public').send(body).expect(200)).body;
  }

  /** As `create`; resolves once it has a deployment. */
  async createDeployed(fields: Readonly<Record<string, unknown>> = {}): Promise<DeploymentResponse> {
    const { id } = await this.create(fields);
    await this.synchronised(id);
    return this.deployment(id);
  }

  async change(id: number, fields: Readonly<Record<string, unknown>>): Promise<AnsweredSource> {
    return (await this.service.as('admin').put(`/sources/${id}`).send(fields).expect(200)).body;
  }

  async remove(id: number): Promise<void> {
    await this.service.as('admin').delete(`/sources/${id}`).expect(200);
  }

  async source(id: number): Promise<AnsweredSource> {
    return (await this.service.as('monitor').get(`/sources/${id}`).expect(200)).body;
  }

  /** Resolves once Prefect has the source as it is. */
  async synchronised(id: number): Promise<void> {
    await this.eventually(async () => (await this.source(id)).deployment?.synchronised === true);
  }

  /** What Prefect has of a source. @throws PrefectNotFound. */
  deployment(id: number): Promise<DeploymentResponse> {
    return this.client.deploymentNamed(this.flow, `source-${id}`);
  }

  async isDeployed(id: number): Promise<boolean> {
    return this.deployment(id).then(
      () => true,
      (error: unknown) => {
        if (error instanceof PrefectNotFound) return false;
        throw error;
      },
    );
  }

  /** The service's next comparison of all deployments is due now. */
  async compare(): Promise<void> {
    await this.service.time.advance(15);
  }

  /**
   * Polls until the condition holds, and lets the service's time pass: Prefect's server is a process with a time of its
   * own, and may be too busy to answer the first time.
   */
  async eventually(condition: () => boolean | Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!(await condition())) {
      if (Date.now() > deadline) {
        const log = this.service.log.slice(-LOGGED).join('\n');
        throw new Error(`never came true: ${condition}; the log ends with:\n${log}`);
      }
      await setTimeout(POLL_MS);
      await this.service.time.advance(POLL_MS / 1000);
    }
  }

  /** Prefect's own command line. */
  prefect(...args: string[]): Promise<string> {
    return runPrefect(this.server, ...args);
  }

  /** Entries of the service's log with this message. */
  logged(message: string): Readonly<Record<string, unknown>>[] {
    const entries = this.service.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    return entries.filter((entry) => entry.message === message);
  }
}

export interface DeployedOptions extends ServiceOptions {
  /** Of earlier services. */
  readonly place?: Pick<DeployedSources, 'flow' | 'pool'>;
}

/**
 * Runs the test with a service that uses a real Prefect server, with a flow and a work pool of its own. Its time is the
 * test's, Prefect's is not. No run is executed.
 */
export function withDeployedSources(
  server: () => PrefectServerAddress,
  test: (sources: DeployedSources) => Promise<void>,
  options: DeployedOptions = {},
): () => Promise<void> {
  return async () => {
    const place = options.place ?? { flow: `flow-${randomUUID()}`, pool: `pool-${randomUUID()}` };
    const settings: Record<string, string> = {
      ...prefectSettings(server(), place.pool),
      ...options.settings,
    };
    const run = withService(
      (service) => test(new DeployedSources(service, server(), { ...place, settings })),
      { ...options, settings, prefectFlow: place.flow, prefectPace: { ...usualPace, removalMs: 250 } },
    );
    await run();
  };
}

/** The settings of a service that uses this server. No run is executed. */
export function prefectSettings({ apiUrl, authString }: PrefectServerAddress, workPool: string) {
  return {
    PREFECT_API_URL: apiUrl,
    PREFECT_API_AUTH_STRING: authString,
    PREFECT_WORK_POOL: workPool,
    MAX_CONCURRENT_RUNS: '0',
  };
}
