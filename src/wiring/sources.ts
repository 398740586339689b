import { join } from 'node:path';
import type { Engine } from '../scraping/engine.js';
import { RunService } from '../scraping/run_service.js';
import { sourcePresenter } from '../sources/present.js';
import { SourceSchedules } from '../sources/schedules.js';
import { SourceService } from '../sources/service.js';
import { WantedFacts } from '../sources/wanted_facts.js';
import type { Base } from './base.js';

/** How many sources may have a schedule: each has a timer in every replica. */
const MOST_SCHEDULES = 10_000;

export type Sources = ReturnType<typeof wireSources>;

/** Sources, their schedules, and their runs, which `engine` carries out. */
export function wireSources({ config, database, clock, vault, logger, disposers }: Base, engine: Engine) {
  const { sources, runs: store, replicas } = database;
  const runs = new RunService({ store, engine, clock });
  const begin = (sourceId: number) => runs.begin(sourceId, 'schedule');
  const schedules = new SourceSchedules({ store: sources, replicas, most: MOST_SCHEDULES, logger, begin });
  disposers.add(() => schedules.dispose());
  const { nasRoot, s3 } = config;
  const places = { localRoot: join(config.dataDir, 'scraped'), nasRoot, s3Bucket: s3.bucket };
  const wanted = new WantedFacts({ places, vault });
  const service = new SourceService({ sources, checkpoints: store, runs, schedules, wanted, clock });
  const runsOf: SourceService['runs'] = (id, page) => service.runs(id, page);
  return { service, runs, runsOf, schedules, present: sourcePresenter(runs, clock) };
}
