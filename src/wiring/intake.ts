import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { proxyId } from '../access/proxies.js';
import { answerAskedSyncs } from '../intake/asked_syncs.js';
import { DirectoryAvailability } from '../intake/availability.js';
import type { SessionsDirectory } from '../intake/directory.js';
import { DirectoryLookout } from '../intake/lookout.js';
import { RemoteSync } from '../intake/remote_sync.js';
import { RootProbe } from '../intake/root_identity.js';
import { presentSync } from '../intake/routes.js';
import { Scanner } from '../intake/scanner.js';
import type { Seal } from '../intake/sealing.js';
import { SessionFiles } from '../intake/session_files.js';
import { SyncService } from '../intake/sync.js';
import { fittingReport } from '../intake/sync_outcome.js';
import { IntakeUpkeep } from '../intake/upkeep.js';
import { SessionsWatcher } from '../intake/watcher.js';
import { encryptCredentials } from '../sessions/stored_credentials.js';
import type { Base } from './base.js';

/** Session files and their rows, as far as they are this replica's business. */
export interface Intake {
  /** Null: they are other replicas' business, and so are `availability`, `upkeep` and `lookout`. */
  readonly directory: SessionsDirectory | null;
  readonly availability: DirectoryAvailability | null;
  readonly upkeep: IntakeUpkeep | null;
  readonly lookout: DirectoryLookout | null;
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
  database.cluster.onTold(SYNCED, (report) => events.publish('sync', report));
  const { defaultProxy } = config;
  const defaultProxyId = defaultProxy && (await proxyId(defaultProxy, database.access, vault));
  const seal: Seal | null = database.shared ? (credentials) => encryptCredentials(credentials, vault) : null;
  const shared = { seal, defaultProxyId };
  if (config.syncs) return { ...shared, ...wireDirectory(base, shared) };
  const sync = new RemoteSync({ cluster: database.cluster, timers, newId: randomUUID });
  disposers.add(() => sync.close());
  return { ...shared, directory: null, availability: null, upkeep: null, lookout: null, sync };
}

function wireDirectory(base: Base, { seal, defaultProxyId }: Pick<Intake, 'seal' | 'defaultProxyId'>) {
  const { config, database, clock, timers, logger, events, disposers, threads } = base;
  const { sessionsDir: root, sessionCheck: check, sessionFileMaxBytes: maxBytes } = config;
  const { intake: store, cluster } = database;
  const scanner = new Scanner({ root, check, maxBytes, threads });
  const availability = new DirectoryAvailability(logger);
  const probe = new RootProbe(root);
  const machine = database.shared ? hostname() : '';
  const proxyId = defaultProxyId;
  const sync = new SyncService({
    ...{ store, scanner, clock, proxyId, seal, cluster, machine, availability },
    onSynced: (report) => {
      events.publish('sync', presentSync(report));
      cluster.tell(SYNCED, presentSync(fittingReport(report)));
    },
  });
  const upkeep = new IntakeUpkeep({ probe, availability, sync, timers, logger });
  const watcher = new SessionsWatcher({
    root,
    timers,
    onSettled: (names) => void upkeep.run('files changed', names ? { only: names } : {}),
    onIncomplete: (reason) => lookout.notAllWatched(reason),
  });
  const lookout: DirectoryLookout = new DirectoryLookout({
    ...{ probe, availability, clock, timers, logger },
    watcher: config.sessionsWatch === 'native' ? watcher : null,
    sweep: (reason) => upkeep.run(reason),
    lastDevice: () => store.lastDevice(machine),
  });
  answerAskedSyncs({ cluster, sync, replicaId: randomUUID(), logger });
  disposers.add(
    () => scanner.close(),
    () => sync.close(),
    () => upkeep.stop(),
    () => lookout.stop(),
  );
  const files = new SessionFiles({ root, randomId: randomUUID });
  return { directory: { scanner, sync, files }, availability, upkeep, lookout, sync };
}
