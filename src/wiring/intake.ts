import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { proxyId } from '../access/proxies.js';
import { registerDirectoryMetrics } from '../intake/metrics.js';
import { answerSyncRequests, RemoteSync, truncatedReport } from '../intake/remote_sync.js';
import { DirectoryAvailability, RootProbe, RootWatch } from '../intake/root_watch.js';
import { serializeSync } from '../intake/routes.js';
import { Scanner } from '../intake/scanner.js';
import { SessionFiles, type SessionsDirectory } from '../intake/session_files.js';
import { SyncService } from '../intake/sync.js';
import type { EncryptCredentials } from '../intake/sync_run.js';
import { SyncScheduler } from '../intake/sync_scheduler.js';
import { SessionsWatcher } from '../intake/watcher.js';
import { encryptCredentials } from '../sessions/stored_credentials.js';
import type { Base } from './base.js';

/** Session files and their rows, in so far as this replica handles them. */
export interface Intake {
  /** Null: other replicas handle it, and what the next three do. */
  readonly directory: SessionsDirectory | null;
  readonly availability: DirectoryAvailability | null;
  readonly syncScheduler: SyncScheduler | null;
  readonly rootWatch: RootWatch | null;
  readonly sync: Pick<SyncService, 'sync'>;
  /** Encrypts a session for its row; null: sessions are only stored in their files. */
  readonly encrypt: EncryptCredentials | null;
  /** The proxy of new sessions. */
  readonly defaultProxyId: number | null;
}

/** The report of a sync, told to the other replicas for their event streams. */
const SYNCED = 'synced';

export async function wireIntake(base: Base): Promise<Intake> {
  const { config, database, vault, timers, disposers, events } = base;
  database.cluster.onTold(SYNCED, (report) => events.publish('sync', report));
  const { defaultProxy } = config;
  const defaultProxyId = defaultProxy && (await proxyId(defaultProxy, database.access, vault));
  const encrypt: EncryptCredentials | null = database.shared
    ? (credentials) => encryptCredentials(credentials, vault)
    : null;
  const shared = { encrypt, defaultProxyId };
  if (config.syncs) return { ...shared, ...wireDirectory(base, shared) };
  const sync = new RemoteSync({ cluster: database.cluster, timers, newId: randomUUID });
  disposers.add(() => sync.close());
  return { ...shared, directory: null, availability: null, syncScheduler: null, rootWatch: null, sync };
}

function wireDirectory(base: Base, { encrypt, defaultProxyId }: Pick<Intake, 'encrypt' | 'defaultProxyId'>) {
  const { config, database, clock, timers, logger, events, disposers, threads, registry } = base;
  const { sessionsDir: root, sessionCheck: check, sessionFileMaxBytes: maxBytes } = config;
  const { intake: store, peers, cluster } = database;
  const scanner = new Scanner({ root, check, maxBytes, threads });
  const availability = new DirectoryAvailability(logger);
  const probe = new RootProbe(root);
  const machine = database.shared ? hostname() : '';
  const proxyId = defaultProxyId;
  const sync = new SyncService({
    ...{ store, scanner, peers, clock, proxyId, encrypt, cluster, machine, availability },
    onSynced: (report) => {
      events.publish('sync', serializeSync(report));
      cluster.tell(SYNCED, serializeSync(truncatedReport(report)));
    },
  });
  registerDirectoryMetrics(registry, {
    isAvailable: () => availability.reason === null,
    syncedAt: () => (sync.syncedAt === null ? null : clock.display(sync.syncedAt)),
  });
  const syncScheduler = new SyncScheduler({ probe, availability, sync, timers, logger });
  const watcher = new SessionsWatcher({
    ...{ root, timers, threads },
    onSettled: (names) => void syncScheduler.run('files changed', names ? { only: names } : {}),
    onIncomplete: (reason) => rootWatch.pollToo(reason),
  });
  const rootWatch: RootWatch = new RootWatch({
    ...{ probe, availability, clock, timers, logger },
    watcher: config.sessionsWatch === 'native' ? watcher : null,
    sync: (reason) => syncScheduler.run(reason),
    lastDevice: () => store.lastDevice(machine),
  });
  answerSyncRequests({ cluster, sync, replicaId: randomUUID(), logger });
  disposers.add(
    () => scanner.close(),
    () => sync.close(),
    () => syncScheduler.stop(),
    () => rootWatch.stop(),
  );
  const files = new SessionFiles({ root, randomId: randomUUID });
  return { directory: { scanner, sync, files }, availability, syncScheduler, rootWatch, sync };
}
