import { join } from 'node:path';
import type { Engine } from '../runs/engine.js';
import { RunService } from '../runs/service.js';
import { ChannelChecks } from '../sources/channel_check.js';
import { SourceSchedules } from '../sources/schedules.js';
import { SourceService } from '../sources/service.js';
import { sourceSerializer } from '../sources/source_answer.js';
import type { Base } from './base.js';
import type { Pool } from './pool.js';
import type { Deployments } from './prefect.js';
import type { Telegram } from './telegram.js';

/** The maximum number of sources with a schedule: each has a timer in every replica. */
const MAX_SCHEDULES = 10_000;

export type Sources = ReturnType<typeof wireSources>;

/** Sources, their schedules, and their runs, which `engine` executes. */
export function wireSources(
  base: Base,
  engine: Engine,
  deployments: Deployments,
  { sessions }: Telegram,
  { peers }: Pick<Pool, 'peers'>,
) {
  const { config, database, clock, vault, serializeRun } = base;
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
    channels: new ChannelChecks({ ...sessions, sessions: database.sessions, peers }),
    clock,
  });
  const ensureSource = async (id: number) => void (await service.source(id));
  const serialize = sourceSerializer(runs, sources, clock, deployments.deploymentsOf);
  return { service, runs, ensureSource, schedules, serialize, serializeRun, roots };
}

/** Runs sources on their schedules, without Prefect. */
function ownSchedules({ database, logger, disposers }: Base, runs: RunService): SourceSchedules {
  const { sources: store, cluster } = database;
  const begin = (sourceId: number) => runs.begin(sourceId, 'schedule');
  const schedules = new SourceSchedules({ store, cluster, maxSchedules: MAX_SCHEDULES, logger, begin });
  disposers.add(() => schedules.dispose());
  return schedules;
}
