import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { RunBroadcast } from '../runs/broadcast.js';
import type { Engine } from '../runs/engine.js';
import { RunService } from '../runs/service.js';
import { EmbeddedEngine } from '../scraping/engines/embedded.js';
import { RunExecutor } from '../scraping/run_executor.js';
import { RunLeases } from '../scraping/run_leases.js';
import { openSink } from '../scraping/sinks/open_sink.js';
import { SourceBots } from '../scraping/source_bots.js';
import { SourceSchedules } from '../sources/schedules.js';
import { SourceService } from '../sources/service.js';
import { sourceSerializer } from '../sources/source_answer.js';
import { applicationChooser } from '../telegram/application.js';
import type { Base } from './base.js';
import type { Pool } from './pool.js';
import type { Telegram } from './telegram.js';

/** The engine that executes runs in this process, with sessions of the pool. */
export function wireScraping(base: Base, { service: pool }: Pool, telegram: Telegram): EmbeddedEngine {
  const { config, database, clock, timers, logger, vault, events, disposers } = base;
  const { runs, sources, sessions, cluster } = database;
  const { maxFileBytes, floodSleepMaxSeconds } = config.scraping;
  const publish = (event: string, data: unknown) => events.publish(event, data);
  const broadcast = new RunBroadcast({ runs, cluster, publish, clock, timers });
  const chooseApplication = applicationChooser(config.telegramApiId, config.telegramApiHash);
  const executor = new RunExecutor({
    ...{ runs, sources, sessions, pool, clock, timers },
    leases: new RunLeases({ pool, timers }),
    bots: new SourceBots({ sources, vault, chooseApplication }),
    botProxy: config.defaultProxy,
    accesses: telegram.sessions.accesses,
    gateway: telegram.gateway,
    openSink: (source, checkpoint, signal) =>
      openSink(source, checkpoint, { config, clock, timers, newId: randomUUID }, signal),
    limits: { maxFileBytes, floodSleepMaxSeconds },
    onChanged: (runId) => broadcast.changed(runId),
  });
  const engine = new EmbeddedEngine({
    ...{ runs, clock, timers, logger },
    newOwner: randomUUID,
    maxConcurrentRuns: config.scraping.maxConcurrentRuns,
    executeRun: (run, signal) => executor.execute(run, signal),
    onChanged: (runId) => broadcast.changed(runId),
  });
  disposers.add(
    () => broadcast.close(),
    () => engine.close(),
  );
  return engine;
}

/** The maximum number of sources with a schedule: each has a timer in every replica. */
const MAX_SCHEDULES = 10_000;

export type Sources = ReturnType<typeof wireSources>;

/** Sources, their schedules, and their runs, which `engine` executes. */
export function wireSources({ config, database, clock, vault, logger, disposers }: Base, engine: Engine) {
  const { sources, runs: store, cluster } = database;
  const runs = new RunService({ store, engine, clock });
  const begin = (sourceId: number) => runs.begin(sourceId, 'schedule');
  const schedules = new SourceSchedules({
    store: sources,
    cluster,
    maxSchedules: MAX_SCHEDULES,
    logger,
    begin,
  });
  disposers.add(() => schedules.dispose());
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
  return { service, runs, runsOf, schedules, serialize: sourceSerializer(runs, clock) };
}
