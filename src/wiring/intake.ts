import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { proxyId } from '../access/proxies.js';
import { answerAskedSyncs } from '../intake/asked_syncs.js';
import type { SessionsDirectory } from '../intake/directory.js';
import { RemoteSync } from '../intake/remote_sync.js';
import { presentSync } from '../intake/routes.js';
import { Scanner } from '../intake/scanner.js';
import type { Seal } from '../intake/sealing.js';
import { SessionFiles } from '../intake/session_files.js';
import { SyncService } from '../intake/sync.js';
import { fittingReport } from '../intake/sync_outcome.js';
import { IntakeUpkeep } from '../intake/upkeep.js';
import { SessionsWatcher } from '../intake/watcher.js';
import { sealCredentials } from '../sessions/sealed_credentials.js';
import type { Base } from './base.js';

/** Session files and their rows, as far as they are this replica's business. */
export interface Intake {
  /** Null: they are other replicas' business, and so is `upkeep`. */
  readonly directory: SessionsDirectory | null;
  readonly upkeep: IntakeUpkeep | null;
  readonly sync: Pick<SyncService, 'sync'>;
  /** Encrypts a session for its row; null: sessions are nowhere but in their files. */
  readonly seal: Seal | null;
  /** The proxy that new sessions get. */
  readonly defaultProxyId: number | null;
}

/** What a look at SESSIONS_DIR brought, told to the other replicas for those who listen there. */
const SYNCED = 'synced';

export async function wireIntake(base: Base): Promise<Intake> {
  const { config, database, vault, timers, disposers, events } = base;
  database.replicas.onTold(SYNCED, (report) => events.publish('sync', report));
  const { defaultProxy } = config;
  const defaultProxyId = defaultProxy && (await proxyId(defaultProxy, database.access, vault));
  const seal: Seal | null = database.shared ? (credentials) => sealCredentials(credentials, vault) : null;
  const shared = { seal, defaultProxyId };
  if (config.syncs) return { ...shared, ...wireDirectory(base, shared) };
  const sync = new RemoteSync({ replicas: database.replicas, timers, newId: randomUUID });
  disposers.add(() => sync.close());
  return { ...shared, directory: null, upkeep: null, sync };
}

function wireDirectory(base: Base, { seal, defaultProxyId }: Pick<Intake, 'seal' | 'defaultProxyId'>) {
  const { config, database, clock, timers, logger, events, disposers } = base;
  const { sessionsDir: root, sessionCheck: check, sessionFileMaxBytes: maxBytes } = config;
  const { intake: store, replicas } = database;
  const scanner = new Scanner({ root, check, maxBytes });
  const watcher: SessionsWatcher = new SessionsWatcher({
    root,
    timers,
    logger,
    onSettled: (names) => void upkeep.run('files changed', names ? { only: names } : {}),
  });
  const onDirectories = (directories: readonly string[]) => watcher.watch(directories);
  const proxyId = defaultProxyId;
  const sync = new SyncService({
    ...{ store, scanner, clock, proxyId, seal, replicas, onDirectories },
    machine: database.shared ? hostname() : '',
    onSynced: (report) => {
      events.publish('sync', presentSync(report));
      replicas.tell(SYNCED, presentSync(fittingReport(report)));
    },
  });
  const upkeep: IntakeUpkeep = new IntakeUpkeep({ root, sync, timers, logger });
  answerAskedSyncs({ replicas, sync, replicaId: randomUUID(), logger });
  disposers.add(
    () => scanner.close(),
    () => sync.close(),
    () => upkeep.stop(),
    () => watcher.close(),
  );
  const files = new SessionFiles({ root, randomId: randomUUID });
  return { directory: { scanner, sync, files }, upkeep, sync };
}
