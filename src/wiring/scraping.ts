import { randomUUID } from 'node:crypto';
import { EmbeddedEngine } from '../scraping/engines/embedded.js';
import { RunBroadcast } from '../scraping/run_broadcast.js';
import { RunLeases } from '../scraping/run_lease.js';
import { Scraping } from '../scraping/scraping.js';
import { openSink } from '../scraping/sinks/open_sink.js';
import { SourceBots } from '../scraping/source_bots.js';
import { applicationChooser } from '../telegram/application.js';
import type { Base } from './base.js';
import type { Pool } from './pool.js';
import type { Telegram } from './telegram.js';

/** Runs of sources, carried out in this process with sessions of the pool. */
export function wireScraping(base: Base, { service: pool }: Pool, telegram: Telegram): EmbeddedEngine {
  const { config, database, clock, timers, logger, vault, events, disposers } = base;
  const { runs, sources, sessions, replicas } = database;
  const { maxFileBytes, floodSleepMaxSeconds } = config.scraping;
  const publish = (event: string, data: unknown) => events.publish(event, data);
  const broadcast = new RunBroadcast({ runs, replicas, publish, clock, timers });
  const chooseApplication = applicationChooser(config.telegramApiId, config.telegramApiHash);
  const scraping = new Scraping({
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
    most: config.scraping.maxConcurrentRuns,
    carryOut: (run, signal) => scraping.carryOut(run, signal),
    onChanged: (runId) => broadcast.changed(runId),
  });
  disposers.add(
    () => broadcast.close(),
    () => engine.close(),
  );
  return engine;
}
