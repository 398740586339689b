import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Express } from 'express';
import { KeyService } from './access/keys.js';
import { rotateSecrets } from './access/stored_secrets.js';
import { StreamEnds } from './access/stream_ends.js';
import type { Config } from './config.js';
import type { EgressServer } from './egress/server.js';
import type { Route } from './http/route.js';
import { removeLeftovers } from './intake/file_operations.js';
import type { SyncScheduler } from './intake/sync_scheduler.js';
import { runEvery, runOnSchedule } from './jobs/scheduler.js';
import { inBatches } from './kernel/batches.js';
import { DAY_MS, type SteadyClock } from './kernel/clock.js';
import { writePrivateFile } from './kernel/private_files.js';
import type { PoolService } from './pool/service.js';
import type { Engine } from './runs/engine.js';
import type { SessionHealth } from './sessions/health.js';
import type { HealthScores } from './sessions/health_scores.js';
import { endAbandonedLeases } from './sessions/own_lease.js';
import type { Database } from './storage/database.js';
import { type Features, wireApp } from './wiring/app.js';
import { type Base, type Dependencies, openBase } from './wiring/base.js';
import { wireEgress, wireFence } from './wiring/egress.js';
import { wireEmbeddedEngine, wireExecution } from './wiring/execution.js';
import { type Intake, wireIntake } from './wiring/intake.js';
import { type Pool, wirePool } from './wiring/pool.js';
import {
  type Deployments,
  wireDeployments,
  wirePrefect,
  wirePrefectEngine,
  withoutDeployments,
} from './wiring/prefect.js';
import { wireSources } from './wiring/sources.js';
import { wireTelegram } from './wiring/telegram.js';

/** The whole service, wired but not listening. */
export interface Container {
  readonly app: Express;
  /** Its declared routes. */
  readonly routes: readonly Route[];
  readonly database: Database;
  readonly pool: PoolService;
  /** Null: other replicas sync the session files. */
  readonly syncScheduler: SyncScheduler | null;
  readonly health: SessionHealth;
  /** Null: workers connect to Telegram themselves. */
  readonly egress: EgressServer | null;
  readonly healthScores: HealthScores;
  readonly clock: SteadyClock;
  /** Creates an admin key where there is no key yet, and saves it in DATA_DIR/admin.key; null: there is one. */
  createFirstKey(): Promise<string | null>;
  /** Starts the periodic jobs. @throws PrefectRefused. */
  start(): Promise<void>;
  /** Answers requests on hold and ends event streams, so that connections can close. */
  quiesce(): void;
  /** Stops everything, in reverse order of wiring. */
  dispose(): Promise<void>;
}

/** Wires everything by hand. @throws DatabaseRefused, KeyFileError, EncryptionKeysDiffer. */
export async function createContainer(config: Config, dependencies: Dependencies): Promise<Container> {
  const base = await openBase(config, dependencies);
  const { database, clock, disposers, events, vault } = base;
  try {
    const { apiKeys: bootstrapKeys } = config;
    const { access: store, cluster } = database;
    const keys = new KeyService({ store, clock, bootstrapKeys, randomBytes, cluster });
    const saveKey = (key: string) => writePrivateFile(join(config.dataDir, 'admin.key'), `${key}\n`);
    await rotateSecrets(database, vault);
    const features = await wireFeatures(base, keys);
    const { intake, pool, telegram, egress } = features;
    return {
      ...wireApp(base, features),
      database,
      pool: pool.service,
      syncScheduler: intake.syncScheduler,
      health: telegram.sessions.health,
      egress: egress?.server ?? null,
      healthScores: telegram.sessions.scores,
      clock,
      // Of several replicas that start at once on an empty database, only one makes it.
      createFirstKey: () => cluster.exclusively('first key', () => keys.createFirst(saveKey)),
      start: () => startJobs(base, features),
      quiesce() {
        pool.service.close();
        events.close();
      },
      dispose: () => disposers.dispose(),
    };
  } catch (error) {
    await disposers.dispose();
    throw error;
  }
}

/** Ends what a revoked key began; the returned function stops watching. */
function wireRevocations({ events, clock, timers }: Base, keys: KeyService, pool: Pool): () => void {
  const streams = new StreamEnds({ keys, events, clock, timers });
  keys.onRevoked(async ({ holder, endLeasesBy }) => {
    pool.service.dismiss(holder);
    if (endLeasesBy !== null) await pool.service.revokeLeases(holder, endLeasesBy);
  });
  return () => streams.close();
}

/** An engine that is started once everything else is. */
type StartableEngine = Engine & { start(): void };

/** The features with jobs. */
interface FeaturesWithJobs extends Features {
  readonly engine: StartableEngine;
  readonly deployments: Deployments;
}

/** Each feature is given those that it builds upon. */
async function wireFeatures(base: Base, keys: KeyService): Promise<FeaturesWithJobs> {
  const { config, disposers } = base;
  const intake = await wireIntake(base);
  const fence = config.egress && wireFence(base, keys);
  const pool = wirePool(base, intake, fence?.fence ?? null);
  const telegram = wireTelegram(base, intake, pool);
  const openProxy = telegram.sessions.secrets.proxy.bind(telegram.sessions.secrets);
  const egress = fence && wireEgress(base, fence, { openProxy, host: config.egress?.host ?? config.host });
  disposers.add(wireRevocations(base, keys, pool));
  const prefect = config.prefect && wirePrefect(base, config.prefect);
  const execution = wireExecution(base, pool, telegram);
  const engine = prefect ? wirePrefectEngine(base, prefect, execution) : wireEmbeddedEngine(base, execution);
  const deployments = prefect ? wireDeployments(base, prefect) : withoutDeployments(base);
  const sources = wireSources(base, engine, deployments, telegram, pool);
  return { keys, intake, pool, telegram, sources, engine, prefect, deployments, egress };
}

/** How often the schedules of sources are read again from the database: a replica may have missed a change. */
const RELOAD_SCHEDULES_SECONDS = 600;

/** When sessions are scored: every hour, soon after a day of UTC has begun. */
const SCORES_CRON = '3 * * * *';

async function startJobs(
  base: Base,
  { intake, pool, telegram, sources, engine, prefect, deployments, egress }: FeaturesWithJobs,
): Promise<void> {
  const { config, database, databaseHealth, timers, logger, disposers } = base;
  await prefect?.setup.start();
  await endAbandonedLeases(pool.service, database.shared);
  await startWatchingFiles(base, intake);
  await sources.schedules.followAll();
  engine.start();
  deployments.start();
  pool.sampler.start();
  if (config.egress !== null) await egress?.start(config.egress.port, config.host);
  const { health, scores } = telegram.sessions;
  const { cluster } = database;
  disposers.add(
    runOnSchedule(config.healthCron, 'health', { cluster, logger }, (untilNextMs) =>
      health.round(untilNextMs),
    ),
    runOnSchedule(SCORES_CRON, 'health scores', { cluster, logger }, () => scores.round()),
    runEvery({ seconds: RELOAD_SCHEDULES_SECONDS, name: 'source schedules', timers, logger }, () =>
      sources.schedules.followAll(),
    ),
    runEvery({ seconds: config.reaperIntervalSeconds, name: 'reaper', timers, logger }, async () => {
      await databaseHealth.touch();
      await pool.service.reaper.reap();
      await telegram.logins.finishing.expire();
      await pool.service.reaper.prune(config.historyMaxRows);
      await pool.peers.prune();
      await pruneRunLogs(base);
      await pruneAuditLog(base);
      await database.access.pruneSignIns(base.clock.now(), PRUNE_BATCH);
    }),
  );
}

/** How many entries of a log one transaction deletes. */
const PRUNE_BATCH = 500;

async function pruneRunLogs({ config, database, clock }: Base): Promise<void> {
  const before = clock.now() - config.scraping.runLogDays * DAY_MS;
  await inBatches(PRUNE_BATCH, (limit) => database.runs.pruneLogs(before, limit));
}

async function pruneAuditLog({ config, database, clock }: Base): Promise<void> {
  const before = clock.now() - config.auditDays * DAY_MS;
  await inBatches(PRUNE_BATCH, (limit) => database.audit.prune(before, limit));
}

/** Begins to watch SESSIONS_DIR, where this replica has it. */
async function startWatchingFiles({ config, database, time, logger, disposers }: Base, intake: Intake) {
  const { syncScheduler, rootWatch, availability } = intake;
  if (syncScheduler === null || rootWatch === null) return;
  const { intake: store, cluster, shared } = database;
  if ((await store.total()) === 0) await mkdir(config.sessionsDir, { recursive: true });
  await rootWatch.start();
  if (availability?.reason === null) await removeLeftovers(config.sessionsDir, time.wall());
  const lacking = shared ? await store.readAgain() : 0;
  if (lacking > 0)
    logger.info('session files are read again, to store them in the database', { sessions: lacking });
  disposers.add(
    runOnSchedule(config.syncCron, 'sync', { cluster, logger }, () => syncScheduler.run('schedule')),
  );
}
