import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Express } from 'express';
import { KeyService } from './access/keys.js';
import { writePrivateFile } from './access/private_file.js';
import { rotateSecrets } from './access/rotation.js';
import type { SteadyClock } from './clock.js';
import type { Config } from './config.js';
import { removeLeftovers } from './intake/leftovers.js';
import type { IntakeUpkeep } from './intake/upkeep.js';
import { runOnSchedule } from './jobs/cron.js';
import { runEvery } from './jobs/every.js';
import type { PoolService } from './pool/service.js';
import type { SessionHealth } from './sessions/health.js';
import { saveClock } from './storage/saved_clock.js';
import type { SqliteDatabase } from './storage/sqlite/database.js';
import { type Features, wireApp } from './wiring/app.js';
import { type Base, openBase, type Surroundings } from './wiring/base.js';
import { wireIntake } from './wiring/intake.js';
import { wirePool } from './wiring/pool.js';
import { wireTelegram } from './wiring/telegram.js';

/** The whole service, wired and not listening. */
export interface Container {
  readonly app: Express;
  readonly database: SqliteDatabase;
  readonly pool: PoolService;
  readonly upkeep: IntakeUpkeep;
  readonly health: SessionHealth;
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

/** Wires everything by hand. @throws DatabaseRefused, KeyFileError. */
export async function createContainer(config: Config, around: Surroundings): Promise<Container> {
  const base = await openBase(config, around);
  const { database, clock, disposers, events, vault } = base;
  try {
    const { apiKeys: bootstrapKeys } = config;
    const keys = new KeyService({ store: database.access, clock, bootstrapKeys, randomBytes });
    await rotateSecrets(database.access, database.sessions, vault);
    const intake = await wireIntake(base);
    const pool = wirePool(base);
    const telegram = wireTelegram(base, intake, pool);
    const features = { keys, intake, pool, telegram };
    return {
      app: wireApp(base, features),
      database,
      pool: pool.service,
      upkeep: intake.upkeep,
      health: telegram.sessions.health,
      clock,
      createFirstKey: () =>
        keys.createFirst((key) => writePrivateFile(join(config.dataDir, 'admin.key'), `${key}\n`)),
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

async function startJobs(base: Base, { intake, pool, telegram }: Features): Promise<void> {
  const { config, database, clock, timers, logger, disposers } = base;
  if ((await database.intake.total()) === 0) await mkdir(config.sessionsDir, { recursive: true });
  await removeLeftovers(config.sessionsDir, base.time.wall());
  const { health } = telegram.sessions;
  disposers.add(
    runOnSchedule(config.syncCron, 'sync', logger, () => intake.upkeep.run('schedule')),
    runOnSchedule(config.healthCron, 'health', logger, (untilNextMs) => health.round(untilNextMs)),
    runEvery({ seconds: config.reaperIntervalSeconds, name: 'reaper', timers, logger }, async () => {
      await pool.service.reap();
      await saveClock(database.access, clock);
      await telegram.logins.finishing.expire();
      await pool.service.prune(config.historyMaxRows);
    }),
  );
}
