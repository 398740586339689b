import type { AccessStore } from '../../access/store.js';
import type { AuditStore } from '../../audit/store.js';
import type { IntakeStore } from '../../intake/store.js';
import type { LoginStore } from '../../logins/store.js';
import type { PoolNotice, PoolStore } from '../../pool/store.js';
import type { RunStore } from '../../runs/store.js';
import type { SessionStore } from '../../sessions/store.js';
import type { SourceStore } from '../../sources/store.js';
import type { ExpectedDatabase } from '../database.js';
import type { CallResult } from './batch.js';
import type { OpenDatabase } from './open.js';

/** What the database thread opens. */
export interface ThreadOptions {
  readonly path: string;
  readonly migrations: string;
  /** By default, nothing is expected. */
  readonly expected?: ExpectedDatabase;
  /** Opens the file next to the service that uses it, for a command that changes no session. */
  readonly beside?: boolean;
  /** The maximum number of calls per transaction; 1 to measure the gain of group commit. */
  readonly maxBatch?: number;
}

/** One call of a table's operation. */
export type Call = readonly [
  table: 'pool' | 'intake' | 'access' | 'audit' | 'sessions' | 'logins' | 'sources' | 'runs',
  operation: string,
  args: readonly unknown[],
];

/** The thread's messages: it is ready, it failed, the results of a batch, or the file is closed. */
export type Answer =
  | ({ readonly kind: 'ready' } & Pick<OpenDatabase, 'checked' | 'replaced'>)
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'batch';
      readonly results: readonly CallResult[];
      readonly notices: readonly PoolNotice[];
      /** Sessions that became free. */
      readonly freed: number;
      /** The next deadline, in milliseconds on the service's clock; Infinity: none. */
      readonly nextDeadline: number;
    };

/** Every operation of a port, by name: a missing one is a compile error. */
function operationsOf<Port>(names: { readonly [Name in keyof Port]: true }): (keyof Port & string)[] {
  return Object.keys(names) as (keyof Port & string)[];
}

export const POOL_OPERATIONS = operationsOf<PoolStore>({
  acquire: true,
  renew: true,
  release: true,
  block: true,
  giveBack: true,
  restore: true,
  revokeLeases: true,
  expire: true,
  counts: true,
  leases: true,
  history: true,
  prune: true,
});

export const INTAKE_OPERATIONS = operationsOf<IntakeStore>({
  known: true,
  knownOf: true,
  total: true,
  missing: true,
  authKeys: true,
  apply: true,
  readAgain: true,
  lastDevice: true,
  saveDevice: true,
});

export const SESSION_OPERATIONS = operationsOf<SessionStore>({
  session: true,
  sessions: true,
  count: true,
  within: true,
  ofPhone: true,
  edit: true,
  rename: true,
  remove: true,
  checked: true,
  unchecked: true,
  apiHashes: true,
  saveApiHash: true,
  credentials: true,
  keptCredentials: true,
  replaceCredentials: true,
  dropProxy: true,
});

export const LOGIN_OPERATIONS = operationsOf<LoginStore>({
  add: true,
  login: true,
  claim: true,
  settle: true,
  conflict: true,
  save: true,
  remove: true,
  expired: true,
});

export const SOURCE_OPERATIONS = operationsOf<SourceStore>({
  create: true,
  source: true,
  sources: true,
  named: true,
  edit: true,
  fillTitle: true,
  remove: true,
  scheduled: true,
  keepBotSession: true,
  secrets: true,
  replaceSecret: true,
});

export const RUN_OPERATIONS = operationsOf<RunStore>({
  begin: true,
  run: true,
  runs: true,
  lastRuns: true,
  take: true,
  renew: true,
  mark: true,
  defer: true,
  finish: true,
  cancel: true,
  log: true,
  logs: true,
  pruneLogs: true,
  checkpoint: true,
  store: true,
  files: true,
  storedAs: true,
  peer: true,
  savePeer: true,
  forgetPeer: true,
});

export const AUDIT_OPERATIONS = operationsOf<AuditStore>({
  add: true,
  entries: true,
  count: true,
  prune: true,
});

export const ACCESS_OPERATIONS = operationsOf<AccessStore>({
  keyByHash: true,
  keys: true,
  createKey: true,
  revokeKey: true,
  proxies: true,
  addProxy: true,
  saveProxyPass: true,
  value: true,
  saveValue: true,
});
