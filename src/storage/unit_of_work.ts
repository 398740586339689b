import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { HistoryEntry, PoolColumns } from '../pool/session_state.js';
import type { PoolEvent } from '../pool/states.js';
import type { SessionRow, Tables } from './tables.js';

/** The query builder of either database, typed as PostgreSQL's. Whatever SQLite lacks is not in it. */
export type QueryBuilder = Pick<
  PgDatabase<PgQueryResultHKT>,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete'
>;

/**
 * What a transaction may have for itself; taken before any row. `identities`: who has which name and which auth
 * key. `runs`: which replica carries out which run. `targets`: which source stores where.
 */
export type NamedLock = 'identities' | 'runs' | 'targets';

/** How rows are locked. `skip locked`: for update, without those that others have locked. */
export type RowLock = 'update' | 'no key update' | 'key share' | 'skip locked';

/** A session as it is inserted. */
export type NewSessionRow = Tables['sessions']['$inferInsert'];

/**
 * One transaction over either database, and the one door through which sessions change state in it: the transition
 * table decides; the row, its tags, the counts and the history change together. A repository awaits nothing but
 * its unit of work: SQLite's transactions are shared, and nothing else may run while one is open.
 */
export interface UnitOfWork {
  readonly db: QueryBuilder;
  readonly tables: Tables;
  /** Waits until no other transaction has this lock, and keeps it until this one ends. SQLite has one writer. */
  lock(name: NamedLock): Promise<void>;
  /** Locks what the query selects until the transaction ends. SQLite has one writer. */
  forUpdate<Query extends object>(query: Query, lock?: RowLock): Query;
  /** The row, locked until the transaction ends and as it stands at `now`. */
  byId(id: number, now: number): Promise<SessionRow | undefined>;
  /** As `byId`, by name. */
  byName(name: string, now: number): Promise<SessionRow | undefined>;
  /** Inserts a session and counts it. */
  insert(row: NewSessionRow): Promise<SessionRow>;
  /** Deletes a locked row and takes it from the counts. */
  remove(row: SessionRow): Promise<void>;
  /** Lets `event` happen to a locked row: the row as it is then; null where the table says that nothing changes. */
  applyEvent(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): Promise<SessionRow | null>;
  /** Writes pool columns of a locked row; the row as it is then. */
  write(row: SessionRow, changes: Partial<PoolColumns>): Promise<SessionRow>;
  /** Adds an entry to the session's history, and tells the listeners once it is committed. */
  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void;
  /** A deadline was set: whoever looks for those that have passed must look by then. */
  expect(until: number): void;
  /** A session may serve requests that wait, though its state is what it was. */
  wakeWaiting(): void;
}

/** Runs units of work. */
export interface UnitOfWorkRunner {
  /** Runs `work` in one transaction, from the start again if need be. Durable when it resolves. */
  run<Result>(work: (unit: UnitOfWork) => Promise<Result>): Promise<Result>;
  /** Carries out a bounded number of the deadlines that have passed by `now`. */
  applyExpired(now: number): Promise<void>;
}

/** How many rows a statement without `returning` changed, as either driver tells it. */
export function affectedRows(result: unknown): number {
  const { rowCount, changes } = result as { readonly rowCount?: number | null; readonly changes?: number };
  return rowCount ?? changes ?? 0;
}
