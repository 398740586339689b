import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { BAD_KEYS, createAuthenticate } from '../access/authenticate.js';
import type { KeyService } from '../access/keys.js';
import { keyRoutes } from '../access/routes.js';
import { auditRoutes } from '../audit/routes.js';
import { AuditTrail } from '../audit/trail.js';
import { createApp } from '../http/app.js';
import { operationsRoutes } from '../http/operations_routes.js';
import { createRegistry, HttpMetrics } from '../http/request_context.js';
import type { Route } from '../http/route.js';
import { intakeRoutes } from '../intake/routes.js';
import { PROJECT_ROOT, readVersion } from '../kernel/project.js';
import { loginRoutes } from '../logins/routes.js';
import { uploadRoutes } from '../logins/upload_routes.js';
import { LeaseIds } from '../pool/lease_ids.js';
import { type ObserveAcquire, registerAcquireWait, registerPoolMetrics } from '../pool/metrics.js';
import { poolRoutes } from '../pool/routes.js';
import { runRoutes } from '../runs/routes.js';
import { sessionRoutes } from '../sessions/routes.js';
import { sessionSerializer } from '../sessions/schemas.js';
import { sessionTelegramRoutes } from '../sessions/telegram_routes.js';
import { sourceRoutes } from '../sources/routes.js';
import type { Base } from './base.js';
import type { Intake } from './intake.js';
import type { Pool } from './pool.js';
import type { Prefect } from './prefect.js';
import type { Sources } from './sources.js';
import type { Telegram } from './telegram.js';

/** The features with routes. */
export interface Features {
  readonly keys: KeyService;
  readonly intake: Intake;
  readonly pool: Pool;
  readonly telegram: Telegram;
  readonly sources: Sources;
  /** Null: it is not used. */
  readonly prefect: Pick<Prefect, 'setup'> | null;
}

/** The application, and its declared routes. */
export interface Wired {
  readonly app: Express;
  readonly routes: readonly Route[];
}

/** The application over the features. */
export function wireApp(base: Base, features: Features): Wired {
  const { database, clock, config, logger } = base;
  const { pool, keys, prefect } = features;
  const { syncScheduler } = features.intake;
  const registry = createRegistry();
  const countEvents = registerPoolMetrics(registry, {
    states: async () => (await pool.service.counts()).states,
    waiting: () => pool.service.waiting,
  });
  database.signals.onHappened(countEvents);
  const checks = async () => ({
    database: await base.databaseHealth.reason(),
    ...(syncScheduler && { sessions_directory: await syncScheduler.check() }),
  });
  // Without it, leasing goes on, and so do the runs that were begun.
  const optional = async () => (prefect ? { prefect: await prefect.setup.ask() } : {});
  const { events } = base;
  const routes = [
    ...featureRoutes(base, features, {
      leaseIds: new LeaseIds({ mode: config.leaseId, registry, logger, clock }),
      observe: registerAcquireWait(registry),
    }),
    ...operationsRoutes({ registry, events, snapshot: (key) => pool.status(key.tags), checks, optional }),
  ];
  const app = createApp({
    routes,
    authenticate: createAuthenticate(keys, database.cluster.limiter('bad keys', BAD_KEYS)),
    sees: async (key, id) => (await pool.visible(key, [id])).length > 0,
    audit: new AuditTrail({ store: database.audit, clock, logger }),
    logger,
    metrics: new HttpMetrics(registry),
    newRequestId: randomUUID,
    timers: base.timers,
    root: PROJECT_ROOT,
    version: readVersion(),
    corsOrigins: config.corsOrigins,
    hsts: config.hsts,
    trustedProxies: config.trustedProxies,
  });
  return { app, routes };
}

/** The busiest first: Express tries them one after the other. */
function featureRoutes(
  base: Base,
  { keys, intake, pool, telegram, sources }: Features,
  { leaseIds, observe }: { readonly leaseIds: LeaseIds; readonly observe: ObserveAcquire },
): Route[] {
  const { database, clock, config, logger } = base;
  const { leaseTtlSeconds, otpTtlMinutes: ttlMinutes, sessionFileMaxBytes: maxBytes } = config;
  const serialize = sessionSerializer(database.access, clock);
  const { sessions, logins } = telegram;
  const { service, secrets } = sessions;
  const received = base.uploads;
  const rename = service.rename.bind(service);
  const shared = { serialize: serialize.one, ttlMinutes };
  return [
    ...poolRoutes({
      ...{ pool: pool.service, secrets, clock, leaseTtlSeconds, logger, leaseIds, keys, observe },
      identify: async (id) => {
        const { account, error, status } = await sessions.checks.check(id);
        return account ? null : (error ?? status);
      },
    }),
    ...intakeRoutes(intake.sync),
    ...keyRoutes(keys, clock),
    ...auditRoutes(database.audit, clock),
    ...loginRoutes({ ...shared, logins: logins.service, finishing: logins.finishing, rename }),
    ...uploadRoutes({ ...shared, received, uploads: logins.uploads, getCode: logins.getCode, maxBytes }),
    ...sessionRoutes({ store: database.sessions, service, serialize, exports: sessions.exports, logger }),
    ...sessionTelegramRoutes(sessions),
    ...sourceRoutes(sources),
    ...runRoutes({ ...sources, clock }),
  ];
}
