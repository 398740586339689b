import type { Database } from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { PoolStore } from '../../pool/store.js';
import { leaseRepository } from '../repositories/lease_repository.js';
import { type Repositories, repositories } from '../repositories/repositories.js';
import type { Transactional } from './batch.js';
import { Counts } from './counters.js';
import { type Direct, leaseTable } from './lease_table.js';
import type { SessionRows } from './session_rows.js';
import { cachingStatements } from './statement_cache.js';
import { SqliteUnitOfWork } from './unit_of_work.js';

/** Everything stored in one database. */
export interface SqliteStores extends Transactional, Pick<SessionRows, 'takeEffects'> {
  /** The service calls each of their operations by its name. */
  readonly ports: Repositories & { readonly pool: Direct<PoolStore> };
}

/** Wires the stores over an open, migrated database. */
export function createStores(sqlite: Database): SqliteStores {
  const cached = cachingStatements(sqlite);
  const db = drizzle(cached);
  const counts = new Counts(db);
  const unit = new SqliteUnitOfWork(db, counts);
  return {
    ports: {
      ...repositories(unit),
      pool: { ...leaseRepository(unit), ...leaseTable({ sqlite: cached, db, unit, counts }) },
    },
    flush: () => counts.flush(),
    reload() {
      counts.reload();
      unit.takeEffects();
      unit.nextDeadline = 0;
    },
    takeEffects: () => unit.takeEffects(),
  };
}
