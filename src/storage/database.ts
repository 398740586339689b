import type { Logger } from 'winston';
import type { AccessStore } from '../access/store.js';
import type { AuditStore } from '../audit/store.js';
import type { SteadyClock, TimeSource } from '../clock.js';
import type { Cluster } from '../cluster/cluster.js';
import type { IntakeStore } from '../intake/store.js';
import type { LoginStore } from '../logins/store.js';
import type { PoolSignals, PoolStore } from '../pool/store.js';
import type { RunStore } from '../scraping/store.js';
import type { SessionStore } from '../sessions/store.js';
import type { SourceStore } from '../sources/store.js';
import type { Threads } from '../threads.js';

/** What the start knows of the database that it should find. */
export interface ExpectedDatabase {
  /** The encryption key of a service that ran before; null: there is none. */
  readonly keyFile: string | null;
  /** A database that can't be used is moved aside, and an empty one takes its place. */
  readonly beginAnew: boolean;
}

/** What a database takes from the world around it. */
export interface DatabaseDependencies {
  readonly logger: Logger;
  readonly time: TimeSource;
  /** It is `time` that counts, not the server's clock: for one process whose time is in somebody's hands. */
  readonly ownTime?: boolean;
  /** What the start knows of the database that it should find; unless given, nothing. SQLite only. */
  readonly expected?: ExpectedDatabase;
  /** Where worker threads come from; one a task unless given. */
  readonly threads?: Threads;
  /** 1: a transaction a request, to measure what sharing one brings. SQLite only. */
  readonly maxBatch?: number;
}

/** Where the service keeps its state, whichever the driver. */
export interface Database {
  readonly pool: PoolStore;
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly audit: AuditStore;
  readonly sessions: SessionStore;
  readonly logins: LoginStore;
  readonly runs: RunStore;
  readonly sources: SourceStore;
  readonly signals: PoolSignals;
  /** The clock of every process that uses this database. */
  readonly clock: SteadyClock;
  readonly cluster: Cluster;
  /** Whether processes on other machines, without this one's files, may use it too. */
  readonly shared: boolean;
  /** Reads a little, and writes nothing: resolves if the database answers and takes writes. @throws Unavailable. */
  probe(): Promise<void>;
  /** Writes a little: resolves if the database can be written, and keeps its clock going. @throws Unavailable. */
  touch(): Promise<void>;
  /** Waits for the calls made so far, then lets go of everything. */
  close(): Promise<void>;
}

/** The database can't be used; the message names the file and says what to do. Nothing was changed. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}
