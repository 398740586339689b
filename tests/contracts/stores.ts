import type { AccessStore } from '../../src/access/store.js';
import type { AuditStore } from '../../src/audit/store.js';
import type { EgressStore } from '../../src/egress/store.js';
import type { FoundFile, IntakeStore } from '../../src/intake/store.js';
import type { LoginStore } from '../../src/logins/store.js';
import type { PeerStore } from '../../src/peers/store.js';
import type { Caller } from '../../src/pool/lease_authorization.js';
import type { MonitoringStore } from '../../src/pool/monitoring_store.js';
import type { AcquireRequest, Lease, PoolCounts, PoolSignals, PoolStore } from '../../src/pool/store.js';
import type { TagLimitStore } from '../../src/pool/tag_limits.js';
import type { PrefectStore } from '../../src/prefect/store.js';
import type { RunListStore } from '../../src/runs/list_store.js';
import type { RunStore } from '../../src/runs/store.js';
import type { HealthScoreStore } from '../../src/sessions/health_scores.js';
import type { SessionStore } from '../../src/sessions/store.js';
import type { SourceStore } from '../../src/sources/store.js';

/** All stores of one driver, over an empty database. */
export interface Stores extends PoolSignals {
  readonly pool: PoolStore;
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly audit: AuditStore;
  readonly sessions: SessionStore;
  readonly healthScores: HealthScoreStore;
  readonly tagLimits: TagLimitStore;
  readonly logins: LoginStore;
  readonly sources: SourceStore;
  readonly runs: RunStore;
  readonly runLists: RunListStore;
  readonly monitoring: MonitoringStore;
  readonly prefect: PrefectStore;
  readonly peers: PeerStore;
  readonly egress: EgressStore;
  close(): Promise<void>;
}
export type MakeStores = () => Promise<Stores>;

/** A driver's stores and its signals; `close` closes the database. */
export function storesOf(
  database: Omit<Stores, keyof PoolSignals | 'close'>,
  signals: PoolSignals,
  close: () => Promise<void>,
): Stores {
  const { pool, intake, access, audit, sessions, logins, sources, runs, runLists, monitoring, prefect } =
    database;
  const { healthScores, tagLimits, peers, egress } = database;
  return {
    ...{ healthScores, tagLimits, peers, egress },
    ...{ pool, intake, access, audit, sessions, logins, sources, runs, runLists, monitoring, prefect, close },
    nextDeadline: () => signals.nextDeadline(),
    onFreed: (listener) => signals.onFreed(listener),
    onHappened: (listener) => signals.onHappened(listener),
  };
}

/** The time at which the tests begin, in milliseconds on the service's clock. */
export const T0 = Date.UTC(2025, 2, 1, 12);
export const SECOND = 1000;

/** Makes a test of a function that needs empty stores. */
export function usingStores(make: MakeStores) {
  return (test: (stores: Stores) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const stores = await make();
      try {
        await test(stores);
      } finally {
        await stores.close();
      }
    };
}

/** Of the default worker of the tests. */
export const ADDRESS = '192.0.2.1';

let leases = 0;

/** A worker's plain request for a session for ten minutes. */
export function wish(over: Partial<AcquireRequest> = {}): AcquireRequest {
  leases += 1;
  return {
    leaseId: `lease-${leases}`,
    holder: 'key:1',
    address: ADDRESS,
    maxLeases: null,
    ttlSeconds: 600,
    tags: [],
    sessionId: null,
    sessionName: null,
    alsoInactive: false,
    method: null,
    withCredentials: false,
    idempotencyKey: null,
    ...over,
  };
}

export function by(over: Partial<Caller> = {}): Caller {
  return { holder: 'key:1', admin: false, leaseId: null, address: ADDRESS, leaseIds: 'compatible', ...over };
}

/** A readable session file. */
export function found(name: string, over: Partial<FoundFile> = {}): FoundFile {
  return {
    name,
    file: `${name}.session`,
    json: null,
    fingerprint: `print of ${name}`,
    format: 'unknown',
    dead: null,
    authKeySha256: null,
    dcId: null,
    userId: null,
    phoneNumber: null,
    apiId: null,
    remembersChannels: false,
    credentials: null,
    ...over,
  };
}

export function put(file: FoundFile, renameOf: string | null = null, proxyId: number | null = null) {
  return { kind: 'put', found: file, renameOf, proxyId } as const;
}

/** The digest of an auth key, identified by a letter. */
export function keyOf(letter: string): string {
  return Buffer.alloc(32, letter).toString('hex');
}

/** Registers sessions; their ids by name. */
export async function add(stores: Stores, ...names: string[]): Promise<Record<string, number>> {
  await stores.intake.apply(
    names.map((name) => put(found(name))),
    T0,
  );
  return idsOf(stores);
}

export async function idsOf({ sessions }: Stores): Promise<Record<string, number>> {
  const rows = await sessions.sessions({ skip: 0, limit: 1000 });
  return Object.fromEntries(rows.map((row) => [row.name, row.id]));
}

/** The state of every session by name. */
export async function statesOf({ sessions }: Stores): Promise<Record<string, string>> {
  const rows = await sessions.sessions({ skip: 0, limit: 1000 });
  return Object.fromEntries(rows.map((row) => [row.name, row.state]));
}

/** Leases a session, which must succeed. */
export async function lease({ pool }: Stores, over: Partial<AcquireRequest> = {}, now = T0): Promise<Lease> {
  const outcome = await pool.acquire(wish(over), now);
  if (outcome.kind !== 'granted') throw new Error(`no lease: ${JSON.stringify(outcome)}`);
  return outcome.lease;
}

/** The name of the session that a request gets; null: none. */
export async function nameFor(
  { pool }: Stores,
  over: Partial<AcquireRequest> = {},
  now = T0,
): Promise<string | null> {
  const outcome = await pool.acquire(wish(over), now);
  return outcome.kind === 'granted' ? outcome.lease.sessionName : null;
}

/** The states that have sessions, and how many. */
export function tally({ states }: PoolCounts): Record<string, number> {
  return Object.fromEntries(Object.entries(states).filter(([, count]) => count > 0));
}
