import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { SteadyClock, TimeSource } from '../kernel/clock.js';
import type { Threads } from '../kernel/threads.js';
import type { PoolSignals } from '../pool/store.js';
import type { Stores } from './repositories/repositories.js';

/** What the start knows about the database that it should find. */
export interface ExpectedDatabase {
  /** The encryption key of an earlier run; null: there is none. */
  readonly keyFile: string | null;
  /** Whether an unusable database is moved aside and replaced by an empty one. */
  readonly beginAnew: boolean;
}

/** The dependencies of a database. */
export interface DatabaseDependencies {
  readonly logger: Logger;
  readonly time: TimeSource;
  /** Whether `time` is used instead of the server's clock: for a single process with injected time. */
  readonly ownTime?: boolean;
  /** What the start knows about the database that it should find; by default nothing. SQLite only. */
  readonly expected?: ExpectedDatabase;
  /** Provides worker threads; by default one per task. */
  readonly threads?: Threads;
  /** 1: one transaction per request, to measure the gain of group commit. SQLite only. */
  readonly maxBatch?: number;
}

/** Connections of the pool to a server, and calls that wait for one. */
export interface ConnectionCounts {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The service's storage, whichever the driver. */
export interface Database extends Stores {
  readonly signals: PoolSignals;
  /** The clock of every process that uses this database. */
  readonly clock: SteadyClock;
  readonly cluster: Cluster;
  /** Whether processes on other machines, without this one's files, can use it as well. */
  readonly shared: boolean;
  /** Null: there are no connections. */
  readonly connections: (() => ConnectionCounts) | null;
  /** Reads without writing: resolves if the database answers and accepts writes. @throws Unavailable. */
  probe(): Promise<void>;
  /** Writes a value: resolves if the database can be written, and saves its clock. @throws Unavailable. */
  touch(): Promise<void>;
  /** Waits for the calls made so far, then releases everything. */
  close(): Promise<void>;
}

/** The database can't be used; the message names the file and says what to do. Nothing was changed. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

/** Another process uses the database. */
export class DatabaseInUse extends DatabaseRefused {}
