import { PassThrough } from 'node:stream';
import type { Cluster } from '../../src/cluster/cluster.js';
import { SingleNode } from '../../src/cluster/single_node.js';
import { DirectoryAvailability } from '../../src/intake/root_watch.js';
import { Scanner } from '../../src/intake/scanner.js';
import { SyncService } from '../../src/intake/sync.js';
import type { EncryptCredentials } from '../../src/intake/sync_run.js';
import type { Clock } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import type { Service } from '../service/service.js';

/** A session as the API lists it. */
export interface Listed {
  readonly id: number;
  readonly name: string;
  readonly session_file: string;
  readonly format: string;
  readonly status: string;
  readonly status_reason: string | null;
}

/** Every session by name. */
export async function listed(service: Service): Promise<Map<string, Listed>> {
  const { body } = await service.as('admin').get('/sessions?limit=1000').expect(200);
  return new Map(body.map((session: Listed) => [session.name, session]));
}

/** Syncs; the details of the answer. */
export async function sync(service: Service, query = ''): Promise<Record<string, unknown>> {
  return (await service.as('admin').post(`/sync${query}`).expect(200)).body.details;
}

/** A logger that discards its entries. */
export const unreadLog = createLogger({ level: 'error', stream: new PassThrough().resume() });

/** The parts of a separate sync; each has a plain default. */
export interface OwnSyncParts {
  readonly scanner: Scanner;
  readonly cluster: Cluster;
  readonly encrypt: EncryptCredentials;
  readonly clock: Clock;
}

/** A sync of its own, over the service's directory and database. */
export function ownSync({ container, sessionsDir: root }: Service, parts: Partial<OwnSyncParts> = {}) {
  const { database } = container;
  const { scanner = scannerOver(root), cluster = new SingleNode(), encrypt = null } = parts;
  const { clock = container.clock } = parts;
  const availability = new DirectoryAvailability(unreadLog);
  const sync = new SyncService({
    ...{ store: database.intake, peers: database.peers, scanner, clock, proxyId: null, encrypt },
    ...{ cluster, availability },
    ...{ machine: '', onSynced: () => undefined },
  });
  const close = async () => {
    await sync.close();
    await scanner.close();
  };
  return { sync, scanner, availability, close };
}

function scannerOver(root: string): Scanner {
  return new Scanner({ root, check: 'lenient', maxBytes: 1024 * 1024 });
}
