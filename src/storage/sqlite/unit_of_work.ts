import { eq, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { SessionRow } from '../tables.js';
import type {
  NewSessionRow,
  Preparable,
  QueryBuilder,
  UnitOfWork,
  UnitOfWorkRunner,
} from '../unit_of_work.js';
import type { Counts } from './counters.js';
import { Deadlines } from './deadlines.js';
import { tables } from './schema.js';
import { SessionRows } from './session_rows.js';

/**
 * The unit of work on the database thread. The shared transaction is open whenever a call runs, and there is no other
 * writer: nothing is locked, and nothing begins or commits here.
 */
export class SqliteUnitOfWork extends SessionRows implements UnitOfWork, UnitOfWorkRunner {
  readonly db: QueryBuilder;
  readonly tables = tables;
  readonly deadlines: Deadlines;
  readonly #prepared = new Map<string, unknown>();

  constructor(db: BetterSQLite3Database, counts: Counts) {
    super(db, counts);
    // The builders have the same methods, and SQLite's can be awaited like PostgreSQL's.
    this.db = db as unknown as QueryBuilder;
    this.deadlines = new Deadlines(db, this);
  }

  async run<Result>(work: (unit: UnitOfWork) => Promise<Result>): Promise<Result> {
    return work(this);
  }

  applyExpired(now: number): void {
    this.deadlines.applyExpired(now);
  }

  prepared<Query>(name: string, build: (unit: UnitOfWork) => Preparable<Query>): Query {
    const known = this.#prepared.get(name);
    if (known) return known as Query;
    const made = build(this).prepare(name);
    this.#prepared.set(name, made);
    return made;
  }

  lock(): void {}

  forUpdate<Query extends object>(query: Query): Query {
    return query;
  }

  byteOrder(column: AnyPgColumn): SQL {
    return sql`${column}`;
  }

  byId(id: number, now: number): SessionRow | undefined {
    return this.deadlines.byId(id, now);
  }

  byName(name: string, now: number): SessionRow | undefined {
    return this.deadlines.byName(name, now);
  }

  async insert(values: NewSessionRow): Promise<SessionRow> {
    const columns = Object.keys(values);
    const insert = this.prepared(`insert ${columns}`, ({ db, tables: { sessions } }) => {
      const encoded = Object.fromEntries(columns.map((column) => [column, sql.placeholder(column)]));
      return db
        .insert(sessions)
        .values(encoded as unknown as NewSessionRow)
        .returning();
    });
    const [row] = await insert.execute(values);
    if (!row) throw new Error(`no row was inserted for ${values.name}`);
    this.count(row, 1);
    if (row.state === 'free') this.freed += 1;
    return row;
  }

  async remove(row: SessionRow): Promise<void> {
    const { sessions } = this.tables;
    await this.db.delete(sessions).where(eq(sessions.id, row.id));
    this.count(row, -1);
  }
}
