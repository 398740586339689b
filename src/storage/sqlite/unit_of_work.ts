import { eq, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { HistoryEntry, PoolColumns } from '../../pool/session_state.js';
import type { PoolEvent } from '../../pool/states.js';
import type { SessionRow } from '../tables.js';
import type {
  NewSessionRow,
  Preparable,
  QueryBuilder,
  UnitOfWork,
  UnitOfWorkRunner,
} from '../unit_of_work.js';
import type { Deadlines } from './deadlines.js';
import { sessions, tables } from './schema.js';
import type { SessionRows } from './session_rows.js';

/**
 * The unit of work on the database thread. The shared transaction is open whenever a call runs, and there is no other
 * writer: nothing is locked, and nothing begins or commits here.
 */
export class SqliteUnitOfWork implements UnitOfWork, UnitOfWorkRunner {
  readonly db: QueryBuilder;
  readonly tables = tables;
  readonly #prepared = new Map<string, unknown>();
  readonly #rows: SessionRows;
  readonly #deadlines: Deadlines;

  constructor(db: BetterSQLite3Database, rows: SessionRows, deadlines: Deadlines) {
    // The builders have the same methods, and SQLite's can be awaited like PostgreSQL's.
    this.db = db as unknown as QueryBuilder;
    this.#rows = rows;
    this.#deadlines = deadlines;
  }

  async run<Result>(work: (unit: UnitOfWork) => Promise<Result>): Promise<Result> {
    return await work(this);
  }

  async applyExpired(now: number): Promise<void> {
    this.#deadlines.applyExpired(now);
  }

  prepared<Query>(name: string, build: (unit: UnitOfWork) => Preparable<Query>): Query {
    const known = this.#prepared.get(name);
    if (known) return known as Query;
    const made = build(this).prepare(name);
    this.#prepared.set(name, made);
    return made;
  }

  async lock(): Promise<void> {}

  forUpdate<Query extends object>(query: Query): Query {
    return query;
  }

  byteOrder(column: AnyPgColumn): SQL {
    return sql`${column}`;
  }

  async byId(id: number, now: number): Promise<SessionRow | undefined> {
    return this.#deadlines.byId(id, now);
  }

  async byName(name: string, now: number): Promise<SessionRow | undefined> {
    return this.#deadlines.byName(name, now);
  }

  async insert(values: NewSessionRow): Promise<SessionRow> {
    const columns = Object.keys(values);
    const insert = this.prepared(`insert ${columns}`, ({ db, tables }) => {
      const placeholders = Object.fromEntries(columns.map((column) => [column, sql.placeholder(column)]));
      return db
        .insert(tables.sessions)
        .values(placeholders as unknown as NewSessionRow)
        .returning();
    });
    const [row] = await insert.execute(values);
    if (!row) throw new Error(`no row was inserted for ${values.name}`);
    this.#rows.count(row, 1);
    if (row.state === 'free') this.#rows.freed += 1;
    return row;
  }

  async remove(row: SessionRow): Promise<void> {
    await this.db.delete(this.tables.sessions).where(eq(sessions.id, row.id));
    this.#rows.count(row, -1);
  }

  async applyEvent(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): Promise<SessionRow | null> {
    return this.#rows.applyEvent(row, event, changes, entry);
  }

  async write(row: SessionRow, changes: Partial<PoolColumns>): Promise<SessionRow> {
    return this.#rows.write(row, changes);
  }

  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void {
    this.#rows.record(row, entry);
  }

  expect(until: number): void {
    this.#rows.expect(until);
  }

  wakeWaiting(): void {
    this.#rows.freed += 1;
  }
}
