import { randomBytes, randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { BAD_KEYS, createAuthenticate, createAuthenticateKey } from '../access/authenticate.js';
import { KeyService } from '../access/keys.js';
import { AuditTrail } from '../audit/trail.js';
import { type Config, ConfigError, type PrefectConfig } from '../config.js';
import { createRoutesApp } from '../http/app.js';
import { HttpMetrics } from '../http/metrics.js';
import { workerRoutes } from '../http/operations_routes.js';
import { runEvery } from '../jobs/scheduler.js';
import { endAbandonedLeases } from '../sessions/own_lease.js';
import { type Base, type Dependencies, openBase } from './base.js';
import { wireExecution } from './execution.js';
import { wireIntake } from './intake.js';
import { type Pool, wirePool } from './pool.js';
import { wirePrefect, wirePrefectEngine } from './prefect.js';
import { wireTelegram } from './telegram.js';

/** A worker of Prefect without the API, wired but not listening. */
export interface WorkerContainer {
  /** Answers /health and /metrics. */
  readonly app: Express;
  /** Executes runs from now on. */
  start(): void;
  /** Gives the runs under way back, and stops everything. */
  dispose(): Promise<void>;
}

/**
 * Wires what executes runs, over the database of a service.
 * @throws ConfigError for a worker that could not work; PrefectRefused; as `openBase`.
 */
export async function createWorker(given: Config, dependencies: Dependencies): Promise<WorkerContainer> {
  const settings = neededSettings(given);
  // The services have the session files: the worker uses what the database has of them.
  const config = { ...given, syncs: false };
  const base = await openBase(config, dependencies);
  try {
    const prefect = wirePrefect(base, settings);
    await prefect.setup.start();
    const intake = await wireIntake(base);
    const pool = wirePool(base, intake, null);
    await endAbandonedLeases(pool.service, base.database.shared);
    const telegram = wireTelegram(base, intake, pool);
    const engine = wirePrefectEngine(base, prefect, wireExecution(base, pool, telegram));
    return {
      app: workerApp(base, pool),
      start() {
        const every = { seconds: config.reaperIntervalSeconds, name: 'reaper', ...dependencies };
        base.disposers.add(
          runEvery(every, async () => {
            await base.databaseHealth.touch();
            await pool.service.reaper.reap();
          }),
        );
        engine.start();
      },
      async dispose() {
        pool.service.close();
        await base.disposers.dispose();
      },
    };
  } catch (error) {
    await base.disposers.dispose();
    throw error;
  }
}

/** @throws ConfigError that says what a worker lacks. */
function neededSettings({ prefect, database, scraping }: Config): PrefectConfig {
  if (prefect === null) {
    throw new ConfigError(
      'PREFECT_API_URL is not set: a worker executes what a Prefect server schedules. Set it to the address of its API, as for the services.',
    );
  }
  if (database.kind !== 'postgres') {
    throw new ConfigError(
      'DATABASE_URL is not postgres: a worker shares its database with the services. Move theirs to PostgreSQL (`telegate db copy`) and set the same one here.',
    );
  }
  if (scraping.maxConcurrentRuns === 0) {
    throw new ConfigError(
      'MAX_CONCURRENT_RUNS is 0: a worker would execute nothing. Set it to 1 or more here.',
    );
  }
  return prefect;
}

function workerApp(base: Base, pool: Pool): Express {
  const { config, database, clock, timers, logger, registry } = base;
  const { cluster, access: store } = database;
  const keys = new KeyService({ store, clock, bootstrapKeys: config.apiKeys, randomBytes, cluster });
  return createRoutesApp({
    routes: workerRoutes(registry),
    authenticate: createAuthenticate(createAuthenticateKey(keys, cluster.limiter('bad keys', BAD_KEYS))),
    sees: async (key, id) => (await pool.visible(key, [id])).length > 0,
    audit: new AuditTrail({ store: database.audit, clock, logger }),
    metrics: new HttpMetrics(registry),
    newRequestId: randomUUID,
    hsts: config.hsts,
    trustedProxies: config.trustedProxies,
    ...{ timers, logger },
  });
}
