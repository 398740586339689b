import { randomUUID } from 'node:crypto';
import { systemTime } from '../kernel/clock.js';
import { threadPerTask } from '../kernel/threads.js';
import type { ExecuteRun } from '../runs/engine.js';
import { EmbeddedEngine } from '../scraping/engines/embedded.js';
import { RunLeases } from '../scraping/run_leases.js';
import { RunThread } from '../scraping/run_thread/run_thread.js';
import { SourceBots } from '../scraping/source_bots.js';
import { applicationChooser } from '../telegram/application.js';
import { telegramNetwork } from '../telegram/network.js';
import type { Base } from './base.js';
import type { Pool } from './pool.js';
import type { Telegram } from './telegram.js';

/** How runs are executed, whichever engine begins them. */
export interface Execution {
  readonly executeRun: ExecuteRun;
  /** To be called when a run has changed: its listeners are told. */
  readonly onChanged: (runId: number) => void;
}

/** Executes runs in a thread of this process, with sessions of the pool. */
export function wireExecution(base: Base, pool: Pool, telegram: Telegram): Execution {
  const { runBroadcast, disposers } = base;
  const onChanged = (runId: number) => runBroadcast.changed(runId);
  const thread = wireRunThread(base, pool, telegram, onChanged);
  disposers.add(() => thread.close());
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
  { service: pool, peers }: Pool,
  telegram: Telegram,
  onChanged: (runId: number) => void,
): RunThread {
  const { runs, sources, sessions } = database;
  const { maxFileBytes, floodSleepMaxSeconds, sessionsPerRun } = config.scraping;
  const { dataDir, nasRoot, s3, defaultProxy: botProxy } = config;
  const { network = telegramNetwork, telegramLimits = {} } = base;
  const chooseApplication = applicationChooser(config.telegramApiId, config.telegramApiHash);
  return new RunThread({
    ...{ runs, peers, sources, sessions, pool, clock, timers, threads, logger, onChanged },
    leases: new RunLeases({ pool, peers, timers, processName: base.processName }),
    bots: new SourceBots({ sources, vault, chooseApplication }),
    accesses: telegram.sessions.accesses,
    task: {
      targets: { dataDir, nasRoot, s3 },
      limits: { maxFileBytes, floodSleepMaxSeconds, sessionsPerRun },
      network: network.definition,
      ...{ telegramLimits, botProxy },
    },
    monotonic: systemTime.monotonic,
  });
}
