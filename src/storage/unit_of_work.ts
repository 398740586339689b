import type { SQL } from 'drizzle-orm';
import type { AnyPgColumn, PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { HistoryEntry, PoolColumns } from '../pool/session_state.js';
import type { PoolEvent } from '../pool/states.js';
import type { SessionRow, Tables } from './tables.js';

/** The query builder of either database, with PostgreSQL's types, without what SQLite lacks. */
export type QueryBuilder = Pick<
  PgDatabase<PgQueryResultHKT>,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete'
>;

/**
 * The named locks of transactions; taken before any row. `identities`: who has which name and auth key. `runs`: which
 * replica executes which run. `targets`: which source stores where.
 */
export type NamedLock = 'identities' | 'runs' | 'targets';

/** How rows are locked. `skip locked`: for update, skipping rows that others have locked. */
export type RowLock = 'update' | 'no key update' | 'key share' | 'skip locked';

/** A query that can be built once and run often. */
export interface Preparable<Query> {
  prepare(name: string): Query;
}

/** A result, at once or later: SQLite's thread has its database at hand. */
export type Awaitable<Result> = Result | Promise<Result>;

/** A session to insert. */
export type NewSessionRow = Tables['sessions']['$inferInsert'];

/**
 * One transaction over either database, and the only way in which sessions change state: the transition table
 * decides; the row, its tags, the counters and the history change together. A repository awaits nothing but its unit
 * of work: SQLite's transactions are shared, and nothing else may run while one is open.
 */
export interface UnitOfWork {
  readonly db: QueryBuilder;
  readonly tables: Tables;
  /**
   * The query that `build` makes, built once: for what runs for each of many rows. `name` is its own in the whole
   * program; its placeholders are filled when it is executed.
   */
  prepared<Query>(name: string, build: (unit: UnitOfWork) => Preparable<Query>): Query;
  /** Waits until no other transaction has this lock, and holds it until this one ends. SQLite has one writer. */
  lock(name: NamedLock): Awaitable<void>;
  /** Locks what the query selects until the transaction ends. SQLite has one writer. */
  forUpdate<Query extends object>(query: Query, lock?: RowLock): Query;
  /** The column in the order of its bytes, which is the same on every server. */
  byteOrder(column: AnyPgColumn): SQL;
  /** The row, locked until the transaction ends, in its state at `now`. */
  byId(id: number, now: number): Awaitable<SessionRow | undefined>;
  /** As `byId`, by name. */
  byName(name: string, now: number): Awaitable<SessionRow | undefined>;
  /** Inserts a session and counts it. */
  insert(row: NewSessionRow): Promise<SessionRow>;
  /** Deletes a locked row and subtracts it from the counters. */
  remove(row: SessionRow): Promise<void>;
  /** Applies `event` to a locked row: the updated row; null if the table says that nothing changes. */
  applyEvent(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): Awaitable<SessionRow | null>;
  /** Writes pool columns of a locked row; returns the updated row. */
  write(row: SessionRow, changes: Partial<PoolColumns>): Awaitable<SessionRow>;
  /** Adds an entry to the session's history, and notifies the listeners after the commit. */
  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void;
  /** Called when a deadline was set: passed deadlines must be checked by then. */
  expect(until: number): void;
  /** Called when a session may serve waiting requests although its state has not changed. */
  wakeWaiting(): void;
}

/** Runs units of work. */
export interface UnitOfWorkRunner {
  /** Runs `work` in one transaction, retrying it from the start if necessary. Durable when it resolves. */
  run<Result>(work: (unit: UnitOfWork) => Promise<Result>): Promise<Result>;
  /** Applies a bounded number of the deadlines that have passed by `now`. */
  applyExpired(now: number): Awaitable<void>;
}

/** How many rows a statement without `returning` changed, with either driver. */
export function affectedRows(result: unknown): number {
  const { rowCount, changes } = result as { readonly rowCount?: number | null; readonly changes?: number };
  return rowCount ?? changes ?? 0;
}
