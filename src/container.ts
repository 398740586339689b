import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Express } from 'express';
import type { Logger } from 'winston';
import { createAuthenticate } from './access/authenticate.js';
import { defaultProxyId } from './access/default_proxy.js';
import { loadOrCreateEncryptionKey } from './access/key_file.js';
import { KeyService } from './access/keys.js';
import { writePrivateFile } from './access/private_file.js';
import { rotateSecrets } from './access/rotation.js';
import { keyRoutes } from './access/routes.js';
import { Vault } from './access/vault.js';
import { createApp } from './app.js';
import type { SteadyClock, TimeSource } from './clock.js';
import type { Config } from './config.js';
import { Disposers } from './disposers.js';
import { EventHub } from './http/events.js';
import { createRegistry, HttpMetrics } from './http/metrics.js';
import { operationsRoutes } from './http/operations_routes.js';
import type { Route } from './http/route.js';
import { intakeRoutes, presentSync } from './intake/routes.js';
import { Scanner } from './intake/scanner.js';
import { SyncService } from './intake/sync.js';
import { IntakeUpkeep } from './intake/upkeep.js';
import { SessionsWatcher } from './intake/watcher.js';
import { runOnSchedule } from './jobs/cron.js';
import { runEvery } from './jobs/every.js';
import { registerPoolMetrics } from './pool/metrics.js';
import { presentStatus } from './pool/present.js';
import { poolRoutes } from './pool/routes.js';
import { PoolService } from './pool/service.js';
import { StatusBroadcast } from './pool/status_broadcast.js';
import { PROJECT_ROOT, readVersion, SQLITE_MIGRATIONS } from './project.js';
import { CredentialsService } from './sessions/credentials.js';
import { sessionRoutes } from './sessions/routes.js';
import { restoreClock, saveClock } from './storage/saved_clock.js';
import { SqliteDatabase } from './storage/sqlite/database.js';
import type { Timers } from './timers.js';

/** What the service takes from the world around it. */
export interface Surroundings {
  readonly logger: Logger;
  readonly time: TimeSource;
  readonly timers: Timers;
  /** 1: a transaction a request, to measure what sharing one brings. */
  readonly maxBatch?: number;
}

/** The whole service, wired and not listening. */
export interface Container {
  readonly app: Express;
  readonly database: SqliteDatabase;
  readonly pool: PoolService;
  readonly upkeep: IntakeUpkeep;
  readonly clock: SteadyClock;
  /** Makes the first admin key where there is none, and keeps it in DATA_DIR/admin.key; null: there is one. */
  createFirstKey(): Promise<string | null>;
  /** Starts the jobs that run by themselves. */
  start(): Promise<void>;
  /** Sends those on hold away and ends event streams, so that connections can end. */
  quiesce(): void;
  /** Stops everything, last wired first. */
  dispose(): Promise<void>;
}

/** What the features share. */
interface Base extends Surroundings {
  readonly config: Config;
  readonly database: SqliteDatabase;
  readonly clock: SteadyClock;
  readonly vault: Vault;
  readonly events: EventHub;
  readonly disposers: Disposers;
}

type Intake = ReturnType<typeof wireIntake>;
type Pool = ReturnType<typeof wirePool>;

/** Wires everything by hand. @throws DatabaseRefused, KeyFileError. */
export async function createContainer(config: Config, around: Surroundings): Promise<Container> {
  const base = await openBase(config, around);
  const { database, clock, disposers, events, vault } = base;
  try {
    const keys = new KeyService({
      store: database.access,
      clock,
      bootstrapKeys: config.apiKeys,
      randomBytes,
    });
    await rotateSecrets(database.access, vault);
    const intake = wireIntake(base, await defaultProxyId(config.defaultProxy, database.access, vault));
    const pool = wirePool(base);
    const app = wireApp(base, keys, intake, pool);
    return {
      app,
      database,
      pool: pool.service,
      upkeep: intake.upkeep,
      clock,
      createFirstKey: () =>
        keys.createFirst((key) => writePrivateFile(join(config.dataDir, 'admin.key'), `${key}\n`)),
      start: () => startJobs(base, intake, pool),
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

async function openBase(config: Config, around: Surroundings): Promise<Base> {
  const { maxBatch } = around;
  const disposers = new Disposers();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const database = await SqliteDatabase.open({
    path: config.databaseFile,
    migrations: SQLITE_MIGRATIONS,
    ...(maxBatch === undefined ? {} : { maxBatch }),
  });
  disposers.add(() => database.close());
  try {
    const clock = await restoreClock(database.access, around.time);
    const own = config.encryptionKeys.length === 0;
    const vault = new Vault(
      own ? [await loadOrCreateEncryptionKey(config.dataDir, randomBytes)] : config.encryptionKeys,
    );
    return { ...around, config, database, clock, vault, events: new EventHub(around.timers), disposers };
  } catch (error) {
    await disposers.dispose();
    throw error;
  }
}

function wireIntake(
  { config, database, clock, timers, logger, events, disposers }: Base,
  proxyId: number | null,
) {
  const { sessionsDir: root, sessionCheck: check, sessionFileMaxBytes: maxBytes } = config;
  const scanner = new Scanner({ root, check, maxBytes });
  const watcher: SessionsWatcher = new SessionsWatcher({
    root,
    timers,
    logger,
    onSettled: (names) => void upkeep.run('files changed', names ? { only: names } : {}),
  });
  const onDirectories = (directories: readonly string[]) => watcher.watch(directories);
  const sync = new SyncService({ store: database.intake, scanner, clock, proxyId, onDirectories });
  const upkeep: IntakeUpkeep = new IntakeUpkeep({
    root,
    sync,
    timers,
    logger,
    onSynced: (report) => events.publish('sync', presentSync(report)),
  });
  disposers.add(
    () => scanner.close(),
    () => sync.close(),
    () => upkeep.stop(),
    () => watcher.close(),
  );
  return { scanner, sync, upkeep };
}

function wirePool({ database, clock, timers, events, disposers }: Base) {
  const service = new PoolService({
    store: database.pool,
    signals: database,
    clock,
    timers,
    newLeaseId: randomUUID,
  });
  const status = async () => presentStatus(await service.counts(), service.waiting, clock);
  const broadcast = new StatusBroadcast({ events, status, clock, timers });
  database.onHappened((notices) => broadcast.tell(notices));
  disposers.add(() => broadcast.close());
  return { service, status };
}

function wireApp(base: Base, keys: KeyService, intake: Intake, pool: Pool): Express {
  const { database, config, logger } = base;
  const registry = createRegistry();
  const countEvents = registerPoolMetrics(registry, {
    states: async () => (await pool.service.counts()).states,
    waiting: () => pool.service.waiting,
  });
  database.onHappened(countEvents);
  return createApp({
    routes: wireRoutes(base, keys, intake, pool, registry),
    authenticate: createAuthenticate(keys),
    logger,
    metrics: new HttpMetrics(registry),
    newRequestId: randomUUID,
    root: PROJECT_ROOT,
    version: readVersion(),
    corsOrigins: config.corsOrigins,
  });
}

type Registry = ReturnType<typeof createRegistry>;

/** The busiest first: Express looks at them one after the other. */
function wireRoutes(base: Base, keys: KeyService, intake: Intake, pool: Pool, registry: Registry): Route[] {
  const { database, clock, config, logger, events, vault } = base;
  const secrets = new CredentialsService(intake.scanner, vault);
  const checks = async () => ({
    database: await saveClock(database.access, clock).then(() => null, reasonOf),
    sessions_directory: await intake.upkeep.check(),
  });
  return [
    ...poolRoutes({
      pool: pool.service,
      secrets,
      clock,
      leaseTtlSeconds: config.leaseTtlSeconds,
      logger,
    }),
    ...operationsRoutes({ registry, events, snapshot: pool.status, checks }),
    ...intakeRoutes(intake.sync),
    ...keyRoutes(keys, clock),
    ...sessionRoutes({ intake: database.intake, access: database.access, clock }),
  ];
}

async function startJobs(base: Base, intake: Intake, pool: Pool): Promise<void> {
  const { config, database, clock, timers, logger, disposers } = base;
  if ((await database.intake.total()) === 0) await mkdir(config.sessionsDir, { recursive: true });
  disposers.add(
    runOnSchedule(config.syncCron, 'sync', logger, () => intake.upkeep.run('schedule')),
    runEvery({ seconds: config.reaperIntervalSeconds, name: 'reaper', timers, logger }, async () => {
      await pool.service.reap();
      await saveClock(database.access, clock);
      await pool.service.prune(config.historyMaxRows);
    }),
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
