import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import {
  BAD_KEYS,
  type ConsoleSignIns,
  createAuthenticate,
  createAuthenticateKey,
} from '../access/authenticate.js';
import type { KeyService } from '../access/keys.js';
import { proxiesMatching } from '../access/proxies.js';
import { keyRoutes } from '../access/routes.js';
import { SignInCookie } from '../access/sign_in_cookie.js';
import { signInRoutes } from '../access/sign_in_routes.js';
import { SIGN_IN_PURPOSE, SignIns } from '../access/sign_ins.js';
import { auditRoutes } from '../audit/routes.js';
import { AuditTrail } from '../audit/trail.js';
import { createApp } from '../http/app.js';
import { HttpMetrics } from '../http/metrics.js';
import { operationsRoutes } from '../http/operations_routes.js';
import type { Route } from '../http/route.js';
import { settingsRoutes } from '../http/settings_routes.js';
import { intakeRoutes } from '../intake/routes.js';
import { PROJECT_ROOT, readVersion } from '../kernel/project.js';
import { loginRoutes } from '../logins/routes.js';
import { uploadRoutes } from '../logins/upload_routes.js';
import { peerRoutes } from '../peers/routes.js';
import { LeaseIds } from '../pool/lease_ids.js';
import { type ObserveAcquire, registerAcquireWait } from '../pool/metrics.js';
import { poolRoutes } from '../pool/routes.js';
import { tagLimitRoutes } from '../pool/tag_limit_routes.js';
import type { OpenFile } from '../runs/file_content_routes.js';
import { runFileRoutes } from '../runs/file_routes.js';
import { runRoutes } from '../runs/routes.js';
import { StoredFiles } from '../scraping/stored_files.js';
import { SessionBulk } from '../sessions/bulk.js';
import { bulkRoutes } from '../sessions/bulk_routes.js';
import { sessionRoutes } from '../sessions/routes.js';
import { sessionSerializer } from '../sessions/schemas.js';
import { sessionTelegramRoutes } from '../sessions/telegram_routes.js';
import { sourceRoutes } from '../sources/routes.js';
import type { Base } from './base.js';
import { NO_TRAFFIC, type wireEgress } from './egress.js';
import type { Intake } from './intake.js';
import type { Pool } from './pool.js';
import type { Prefect } from './prefect.js';
import { settingsAnswer } from './settings.js';
import type { Sources } from './sources.js';
import type { Telegram } from './telegram.js';

/** The features with routes. */
export interface Features {
  readonly keys: KeyService;
  readonly intake: Intake;
  readonly pool: Pool;
  readonly telegram: Telegram;
  readonly sources: Sources;
  /** Null: workers connect to Telegram themselves. */
  readonly egress: ReturnType<typeof wireEgress> | null;
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
  const { database, clock, config, logger, registry } = base;
  const { pool, keys, prefect } = features;
  const { syncScheduler } = features.intake;
  const checks = async () => ({
    database: await base.databaseHealth.reason(),
    ...(syncScheduler && { sessions_directory: await syncScheduler.check() }),
  });
  // Without it, leasing goes on, and so do the runs that were begun.
  const optional = async () => (prefect ? { prefect: await prefect.setup.ask() } : {});
  const { events } = base;
  const startedAt = base.time.wall();
  const authenticateKey = createAuthenticateKey(keys, database.cluster.limiter('bad keys', BAD_KEYS));
  const console = wireSignIns(base, keys);
  const audit = new AuditTrail({ store: database.audit, clock, logger });
  const routes = [
    ...featureRoutes(base, features, {
      audit,
      leaseIds: new LeaseIds({ mode: config.leaseId, registry, logger, clock }),
      observe: observing(registerAcquireWait(registry), pool.sampler),
    }),
    ...signInRoutes({ ...console, authenticateKey, clock }),
    ...settingsRoutes(() => settingsAnswer(config, startedAt)),
    ...operationsRoutes({ registry, events, snapshot: (key) => pool.status(key.tags), checks, optional }),
  ];
  const app = createApp({
    routes,
    authenticate: createAuthenticate(authenticateKey, console),
    sees: async (key, id) => (await pool.visible(key, [id])).length > 0,
    audit,
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

/** Opens stored files where their sources store. */
function fileOpener({ config: { dataDir, nasRoot, s3 } }: Base, { service }: Sources): OpenFile {
  const files = new StoredFiles({ dataDir, nasRoot, s3 });
  return async ({ sourceId }, path, signal) =>
    files.open((await service.source(sourceId)).target, path, signal);
}

/** Actions on many sessions, whose progress admins are told. */
function wireBulk(
  { database: { cluster }, timers, sharedEvents }: Base,
  { service: pool }: Pool,
  { service, checks }: Telegram['sessions'],
): SessionBulk {
  const publish = (progress: unknown) => sharedEvents.publish('bulk', progress, 'admins');
  return new SessionBulk({ service, checks, pool, cluster, timers, publish });
}

/** Sign-ins at the console; those that end take their event streams with them. */
function wireSignIns({ database, clock, config, vault, events }: Base, keys: KeyService): ConsoleSignIns {
  const secrets = vault.derivedKeys(SIGN_IN_PURPOSE);
  const { access: store, cluster } = database;
  const signIns = new SignIns({ keys, store, clock, cluster, secrets, newId: randomUUID });
  signIns.onEnded((signIn) => events.end((key) => key.signIn === signIn));
  return { signIns, cookie: new SignInCookie(signIns.mark, config.hsts) };
}

/** Metrics and samples both need it. */
function observing(metrics: ObserveAcquire, sampler: Pool['sampler']): ObserveAcquire {
  return (seconds, outcome) => {
    metrics(seconds, outcome);
    sampler.observe(seconds, outcome);
  };
}

interface RouteParts {
  readonly leaseIds: LeaseIds;
  readonly observe: ObserveAcquire;
  readonly audit: AuditTrail;
}

/** The busiest first: Express tries them one after the other. */
function featureRoutes(
  base: Base,
  { keys, intake, pool, telegram, sources, egress }: Features,
  { leaseIds, observe, audit }: RouteParts,
): Route[] {
  const { database, clock, config, logger } = base;
  const { leaseTtlSeconds, otpTtlMinutes: ttlMinutes, sessionFileMaxBytes: maxBytes } = config;
  const namesOf = keys.namesOf.bind(keys);
  const { access, sessions: stored } = database;
  const { tagLimits } = pool;
  const serialize = sessionSerializer({ access, sessions: stored, tagLimits, namesOf, clock });
  const { sessions, logins } = telegram;
  const { service, secrets } = sessions;
  const received = base.uploads;
  const rename = service.rename.bind(service);
  const shared = { serialize: serialize.one, ttlMinutes };
  const matching = (text: string) => proxiesMatching(text, database.access);
  return [
    ...poolRoutes({
      ...{ pool: pool.service, secrets, clock, leaseTtlSeconds, logger, leaseIds, keys, observe },
      ...{ monitoring: database.monitoring, waitingRequests: pool.waitingRequests, namesOf },
      peers: pool.peers,
      ...{ egress: egress?.grants ?? null, traffic: egress?.traffic ?? NO_TRAFFIC },
      identify: async (id) => {
        const { account, error, status } = await sessions.checks.check(id);
        return account ? null : (error ?? status);
      },
    }),
    ...peerRoutes({ peers: pool.peers, pool: pool.service, leaseIds, clock }),
    ...tagLimitRoutes(tagLimits),
    ...intakeRoutes(intake.sync),
    ...keyRoutes(keys, clock),
    ...auditRoutes(database.audit, clock),
    ...loginRoutes({ ...shared, logins: logins.service, finishing: logins.finishing, rename }),
    ...uploadRoutes({ ...shared, received, uploads: logins.uploads, getCode: logins.getCode, maxBytes }),
    ...bulkRoutes({
      bulk: wireBulk(base, pool, sessions),
      store: database.sessions,
      proxiesMatching: matching,
      audit,
      newId: randomUUID,
    }),
    ...sessionRoutes({
      ...{ store: database.sessions, service, serialize, exports: sessions.exports, logger },
      proxiesMatching: matching,
    }),
    ...sessionTelegramRoutes(sessions),
    ...sourceRoutes(sources),
    ...runRoutes({ ...sources, lists: database.runLists, clock }),
    ...runFileRoutes({ ...sources, lists: database.runLists, openFile: fileOpener(base, sources) }),
  ];
}
