import type { Database } from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { PoolNotice, PoolStore } from '../../pool/store.js';
import { leaseRepository } from '../repositories/lease_repository.js';
import { type Repositories, repositories } from '../repositories/repositories.js';
import { Acquisition, Candidates } from './acquisition.js';
import { Counts, ScopedCounts } from './counters.js';
import { Deadlines } from './deadlines.js';
import { type Direct, LeaseTable } from './lease_table.js';
import { HistoryRows, SessionRows } from './session_rows.js';
import { cachingStatements } from './statement_cache.js';
import { SqliteUnitOfWork } from './unit_of_work.js';

/** Everything stored in one database. */
export interface SqliteStores extends Repositories {
  readonly pool: Direct<PoolStore>;
  /** Writes the counters; called before each commit. */
  flush(): void;
  /** Discards what was not committed; called after each rollback. */
  reload(): void;
  /** Sessions that became free since the last call. */
  takeFreed(): number;
  /** The events since the last call. */
  takeNotices(): PoolNotice[];
  nextDeadline(): number;
}

/** Wires the stores over an open, migrated database. */
export function createStores(sqlite: Database): SqliteStores {
  const db = drizzle(cachingStatements(sqlite));
  const counts = new Counts(db);
  const rows = new SessionRows(db, counts, new HistoryRows(db));
  const deadlines = new Deadlines(db, rows);
  const units = new SqliteUnitOfWork(db, rows, deadlines);
  const acquisition = new Acquisition(db, rows, counts, deadlines, new Candidates(sqlite));
  const scoped = new ScopedCounts(sqlite);
  const leases = new LeaseTable({ db, rows, counts, deadlines, acquisition, scoped, units });
  return {
    pool: {
      ...leaseRepository(units),
      acquire: (...args) => leases.acquire(...args),
      renew: (...args) => leases.renew(...args),
      release: (...args) => leases.release(...args),
      expire: (...args) => leases.expire(...args),
      counts: (...args) => leases.counts(...args),
    },
    ...repositories(units),
    flush: () => counts.flush(),
    reload: () => {
      counts.reload();
      rows.freed = 0;
      rows.notices = [];
      rows.nextDeadline = 0;
    },
    takeFreed: () => {
      const { freed } = rows;
      rows.freed = 0;
      return freed;
    },
    takeNotices: () => {
      const { notices } = rows;
      rows.notices = [];
      return notices;
    },
    nextDeadline: () => rows.nextDeadline,
  };
}
