import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemTime } from '../kernel/clock.js';
import { threadPerTask } from '../kernel/threads.js';
import { RunBroadcast } from '../runs/broadcast.js';
import type { Engine, ExecuteRun } from '../runs/engine.js';
import { RunService } from '../runs/service.js';
import { EmbeddedEngine } from '../scraping/engines/embedded.js';
import { RunLeases } from '../scraping/run_leases.js';
import { RunThread } from '../scraping/run_thread/run_thread.js';
import { SourceBots } from '../scraping/source_bots.js';
import { SourceSchedules } from '../sources/schedules.js';
import { SourceService } from '../sources/service.js';
import { sourceSerializer } from '../sources/source_answer.js';
import { applicationChooser } from '../telegram/application.js';
import { telegramNetwork } from '../telegram/network.js';
import type { Base } from './base.js';
import type { Pool } from './pool.js';
import type { Deployments } from './prefect.js';
import type { Telegram } from './telegram.js';

/** How runs are executed, whichever engine begins them. */
export interface Execution {
  readonly executeRun: ExecuteRun;
  /** To be called when a run has changed: its listeners are told. */
  readonly onChanged: (runId: number) => void;
}

/** Executes runs in a thread of this process, with sessions of the pool. */
export function wireExecution(base: Base, pool: Pool, telegram: Telegram): Execution {
  const { database, clock, timers, events, disposers } = base;
  const { runs, cluster } = database;
  const publish = (event: string, data: unknown) => events.publish(event, data);
  const broadcast = new RunBroadcast({ runs, cluster, publish, clock, timers });
  const onChanged = (runId: number) => broadcast.changed(runId);
  const thread = wireRunThread(base, pool, telegram, onChanged);
  disposers.add(
    () => broadcast.close(),
    () => thread.close(),
  );
  return { executeRun: (run, signal) => thread.execute(run, signal), onChanged };
}

/** The engine that takes runs from the database and executes them in this process. */
export function wireEmbeddedEngine(base: Base, execution: Execution): EmbeddedEngine {
  const { config, database, clock, timers, logger, disposers } = base;
  const engine = new EmbeddedEngine({
    ...{ runs: database.runs, clock, timers, logger, ...execution },
    newOwner: randomUUID,
    maxConcurrentRuns: config.scraping.maxConcurrentRuns,
  });
  disposers.add(() => engine.close());
  return engine;
}

function wireRunThread(
  { config, database, clock, timers, logger, vault, threads = threadPerTask, ...base }: Base,
  { service: pool }: Pool,
  telegram: Telegram,
  onChanged: (runId: number) => void,
): RunThread {
  const { runs, sources, sessions } = database;
  const { maxFileBytes, floodSleepMaxSeconds } = config.scraping;
  const { dataDir, nasRoot, s3, defaultProxy: botProxy } = config;
  const { network = telegramNetwork, telegramLimits = {} } = base;
  const chooseApplication = applicationChooser(config.telegramApiId, config.telegramApiHash);
  return new RunThread({
    ...{ runs, sources, sessions, pool, clock, timers, threads, logger, onChanged },
    leases: new RunLeases({ pool, timers }),
    bots: new SourceBots({ sources, vault, chooseApplication }),
    accesses: telegram.sessions.accesses,
    task: {
      targets: { dataDir, nasRoot, s3 },
      limits: { maxFileBytes, floodSleepMaxSeconds },
      network: network.definition,
      ...{ telegramLimits, botProxy },
    },
    monotonic: systemTime.monotonic,
  });
}

/** The maximum number of sources with a schedule: each has a timer in every replica. */
const MAX_SCHEDULES = 10_000;

export type Sources = ReturnType<typeof wireSources>;

/** Sources, their schedules, and their runs, which `engine` executes. */
export function wireSources(base: Base, engine: Engine, deployments: Deployments) {
  const { config, database, clock, vault } = base;
  const { sources, runs: store } = database;
  const runs = new RunService({ store, engine, clock });
  const schedules = deployments.schedules ?? ownSchedules(base, runs);
  const { nasRoot, s3 } = config;
  const roots = { localRoot: join(config.dataDir, 'scraped'), nasRoot, s3Bucket: s3.bucket };
  const service = new SourceService({
    sources,
    checkpoints: store,
    runs,
    schedules,
    settings: { roots, vault },
    clock,
  });
  const runsOf: SourceService['runs'] = (id, page) => service.runs(id, page);
  const serialize = sourceSerializer(runs, clock, deployments.deploymentsOf);
  return { service, runs, runsOf, schedules, serialize };
}

/** Runs sources on their schedules, without Prefect. */
function ownSchedules({ database, logger, disposers }: Base, runs: RunService): SourceSchedules {
  const { sources: store, cluster } = database;
  const begin = (sourceId: number) => runs.begin(sourceId, 'schedule');
  const schedules = new SourceSchedules({ store, cluster, maxSchedules: MAX_SCHEDULES, logger, begin });
  disposers.add(() => schedules.dispose());
  return schedules;
}
