import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { PrefectConfig } from '../config.js';
import { Artifacts } from '../prefect/artifacts.js';
import { Attempts } from '../prefect/attempts.js';
import { PrefectAvailability } from '../prefect/availability.js';
import { PrefectClient } from '../prefect/client.js';
import { deploymentAnswers, unusedDeploymentAnswers } from '../prefect/deployment_answer.js';
import { DeploymentRounds } from '../prefect/deployment_rounds.js';
import { FLOW_NAME } from '../prefect/deployment_spec.js';
import { DeploymentSync } from '../prefect/deployment_sync.js';
import { PrefectEngine } from '../prefect/engine.js';
import { ObservedStates } from '../prefect/flow_run_comparison.js';
import { FlowRunReport } from '../prefect/flow_run_report.js';
import { FlowRunStart } from '../prefect/flow_run_start.js';
import { FlowRunSync } from '../prefect/flow_run_sync.js';
import { PrefectHttp } from '../prefect/http.js';
import { prefectLinks } from '../prefect/links.js';
import { registerPrefectMetrics } from '../prefect/metrics.js';
import { usualPace } from '../prefect/pace.js';
import { ServerClock } from '../prefect/server_clock.js';
import { PrefectSetup } from '../prefect/setup.js';
import { PrefectWorker } from '../prefect/worker.js';
import type { Schedules } from '../sources/schedules.js';
import type { DeploymentsOf } from '../sources/source_answer.js';
import type { Base } from './base.js';
import type { Execution } from './execution.js';

export type Prefect = ReturnType<typeof wirePrefect>;

/** The Prefect server of the settings, and what TeleGate needs there. Nothing is sent before `setup.start()`. */
export function wirePrefect(base: Base, config: PrefectConfig) {
  const { clock, timers, logger, disposers, prefectFlow: flowName = FLOW_NAME, prefectPageSize } = base;
  const { apiUrl, workPool, uiUrl } = config;
  const serverClock = new ServerClock(clock);
  const onDate = (date: string) => serverClock.answered(date);
  const http = new PrefectHttp({ address: config, timers, random: Math.random, onDate });
  const client = new PrefectClient(http, prefectPageSize);
  const setup = new PrefectSetup({
    ...{ client, apiUrl, workPool, flowName, clock, timers, logger },
    random: Math.random,
  });
  disposers.add(() => setup.close());
  registerPrefectMetrics(base.registry, { problem: () => setup.problem, store: base.database.prefect });
  return { client, setup, serverClock, workPool, uiUrl };
}

/** Sources as deployments: who follows their schedules, and what their answers say of Prefect. */
export interface Deployments {
  /** Null: TeleGate does by itself. */
  readonly schedules: Schedules | null;
  readonly deploymentsOf: DeploymentsOf;
  /** Begins to keep deployments and sources equal. */
  start(): void;
}

/** Prefect has a deployment of each source, and owns its schedule. */
export function wireDeployments(
  { database, clock, timers, logger, disposers, prefectPace: pace = usualPace }: Base,
  { client, setup, uiUrl }: Prefect,
): Deployments {
  const { prefect: store, cluster } = database;
  const rounds = new DeploymentRounds({ client, store, clock, logger });
  const sync = new DeploymentSync({ setup, rounds, cluster, pace, clock, timers, logger });
  disposers.add(() => sync.close());
  return {
    // Prefect has no maximum, and is told of all sources that were changed.
    schedules: { full: false, changed: async () => sync.changed(), followAll: async () => undefined },
    deploymentsOf: deploymentAnswers(store, prefectLinks(uiUrl).deployment, () => setup.problem),
    start: () => sync.start(),
  };
}

/** Without Prefect. */
export function withoutDeployments({ database }: Base): Deployments {
  return {
    schedules: null,
    deploymentsOf: unusedDeploymentAnswers(database.prefect),
    start: () => undefined,
  };
}

/** The engine that has runs queued by Prefect, with this process as one of its workers. */
export function wirePrefectEngine(
  { config, database, timers, logger, disposers, prefectPace: pace = usualPace }: Base,
  { client, serverClock: clock, workPool }: Prefect,
  { executeRun, onChanged }: Execution,
): PrefectEngine {
  const { runs, sources, cluster, prefect: store } = database;
  const { maxConcurrentRuns } = config.scraping;
  const shared = { client, store, runs, sources, pace, clock, timers, logger };
  const availability = new PrefectAvailability(logger);
  const attempts = new Attempts({ availability, clock, logger });
  const artifacts = new Artifacts(shared);
  const onCancelled = (runId: number) => {
    worker?.cancel(runId);
    onChanged(runId);
  };
  const report = new FlowRunReport({ ...shared, artifacts, submissions: shared, onCancelled });
  const place = `${hostname()}:${process.pid}`;
  const sync = new FlowRunSync({
    ...shared,
    ...{ report, attempts, availability, cluster, logs: shared, submissions: shared },
    comparison: { ...shared, report, artifacts, observed: new ObservedStates(), workPool },
  });
  const start = new FlowRunStart({ ...shared, report, newId: randomUUID, infrastructurePid: place });
  const worker =
    maxConcurrentRuns === 0
      ? null
      : new PrefectWorker({
          ...shared,
          ...{ start, executeRun, availability, workPool, maxConcurrentRuns, onChanged },
          name: `telegate ${place}`,
          onEnded: () => sync.wake(),
        });
  const engine = new PrefectEngine({
    ...{ worker, sync, submissions: shared, attempts, availability, cluster, logger, onChanged },
  });
  disposers.add(() => engine.close());
  return engine;
}
