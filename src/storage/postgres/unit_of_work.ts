import { eq, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { batchesOf } from '../../kernel/batches.js';
import { passedDeadline } from '../../pool/lease_decisions.js';
import {
  applyEvent,
  becameFree,
  type CountedSession,
  countsOf,
  freeSince,
  type HistoryEntry,
  type PoolColumns,
} from '../../pool/session_state.js';
import type { PoolEvent } from '../../pool/states.js';
import type { PoolNotice } from '../../pool/store.js';
import { MAX_NOTICES } from '../bounds.js';
import type { SessionRow } from '../tables.js';
import type { NamedLock, NewSessionRow, Preparable, RowLock, UnitOfWork } from '../unit_of_work.js';
import { CHANNEL } from './channel.js';
import { builderOf, type Db } from './connect.js';
import { addToCounts } from './counters.js';
import { lockNamed } from './locks.js';
import { history, sessions, sessionTags, tables } from './schema.js';
import type { CommitEffects, Signals } from './signals.js';
import type { Transactions } from './transaction.js';

/** A query that selects rows, not yet executed. */
interface Lockable {
  for(strength: string, config?: { readonly skipLocked: true }): unknown;
}

/** How many history rows one statement writes. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * One transaction over sessions, and the only way in which they change state: the transition table decides. Counters
 * and history are written at its end, so that rows shared by all transactions are locked last.
 */
export class PostgresUnitOfWork implements UnitOfWork {
  readonly client: PoolClient;
  readonly db: Db;
  readonly tables = tables;
  /** Sessions that became free. */
  freed = 0;
  #deadline = Number.POSITIVE_INFINITY;
  readonly #prepared = new Map<string, unknown>();
  readonly #counts = new Map<string, number>();
  readonly #entries: (typeof history.$inferInsert)[] = [];
  readonly #notices: PoolNotice[] = [];

  constructor(client: PoolClient) {
    this.client = client;
    this.db = builderOf(client);
  }

  /** Built once for this transaction, and without a name on the server. */
  prepared<Query>(name: string, build: (unit: UnitOfWork) => Preparable<Query>): Query {
    const known = this.#prepared.get(name);
    if (known) return known as Query;
    const made = build(this).prepare('');
    this.#prepared.set(name, made);
    return made;
  }

  async lock(name: NamedLock): Promise<void> {
    await lockNamed(this.db, name);
  }

  forUpdate<Query extends object>(query: Query, lock: RowLock = 'update'): Query {
    const lockable = query as Query & Lockable;
    if (lock === 'skip locked') lockable.for('update', { skipLocked: true });
    else lockable.for(lock);
    return query;
  }

  byteOrder(column: AnyPgColumn): SQL {
    return sql`${column} COLLATE "C"`;
  }

  /** The row, locked until the transaction ends, in its state at `now`. */
  byId(id: number, now: number): Promise<SessionRow | undefined> {
    return this.#locked(eq(sessions.id, id), now);
  }

  /** As `byId`, by name. */
  byName(name: string, now: number): Promise<SessionRow | undefined> {
    return this.#locked(eq(sessions.name, name), now);
  }

  async insert(values: NewSessionRow): Promise<SessionRow> {
    const [row] = await this.db.insert(sessions).values(values).returning();
    if (!row) throw new Error(`no row was inserted for ${values.name}`);
    this.#count(row, 1);
    if (row.state === 'free') this.freed += 1;
    return row;
  }

  async remove(row: SessionRow): Promise<void> {
    await this.db.delete(sessions).where(eq(sessions.id, row.id));
    this.#count(row, -1);
  }

  wakeWaiting(): void {
    this.freed += 1;
  }

  /** Applies `event` to a locked row: the updated row; null if the table says that nothing changes. */
  async applyEvent(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): Promise<SessionRow | null> {
    const after = applyEvent(row, event, changes, entry.at);
    if (after === null) return null;
    await this.#save(row, after);
    this.record(after, entry);
    return after;
  }

  /** Writes pool columns of a locked row. */
  async write(row: SessionRow, changes: Partial<PoolColumns>): Promise<SessionRow> {
    const after = { ...row, ...changes };
    await this.#save(row, after);
    return after;
  }

  /** Applies a locked row's deadline if it has passed by `now`. */
  async applyExpired(row: SessionRow, now: number): Promise<SessionRow> {
    const due = passedDeadline(row, now);
    return due === null ? row : ((await this.applyEvent(row, due.event, due.changes, due.entry)) ?? row);
  }

  /** Adds the row to the counters (1) or subtracts it (-1). */
  #count(row: CountedSession, sign: 1 | -1): void {
    for (const name of countsOf(row)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + sign);
  }

  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void {
    this.#entries.push({ sessionId: row.id, leaseId: row.leaseId, ...entry });
    const { at, event, detail = null } = entry;
    if (this.#notices.length < MAX_NOTICES) {
      this.#notices.push({ sessionId: row.id, sessionName: row.name, at, event, detail });
    }
  }

  /** Adds the effects of a separate statement that has written history and counters itself. */
  tell({ notices, deadline }: CommitEffects): void {
    this.#notices.push(...notices);
    this.expect(deadline);
  }

  /** A deadline was set. */
  expect(until: number | null): void {
    if (until !== null) this.#deadline = Math.min(this.#deadline, until);
  }

  /** Writes what was collected, at the end of a transaction. `message`: the announcement of freed sessions, if any. */
  async finish(message: (freed: number) => string | null): Promise<CommitEffects> {
    for (const some of batchesOf(this.#entries, ENTRIES_AT_ONCE)) await this.db.insert(history).values(some);
    const changed = [...this.#counts].filter(([, n]) => n !== 0);
    if (changed.length > 0) await this.db.execute(addToCounts(valuesOf(changed)));
    const announcement = this.freed > 0 ? message(this.freed) : null;
    if (announcement !== null) await this.db.execute(sql`SELECT pg_notify(${CHANNEL}, ${announcement})`);
    return {
      freed: this.freed,
      notices: this.#notices,
      deadline: this.#deadline,
      announced: announcement !== null,
    };
  }

  async #locked(condition: SQL, now: number): Promise<SessionRow | undefined> {
    const [row] = await this.db.select().from(sessions).where(condition).for('update');
    return row && this.applyExpired(row, now);
  }

  async #save(before: SessionRow, after: SessionRow): Promise<void> {
    const changed = Object.entries(after).filter(([name, value]) => value !== Reflect.get(before, name));
    if (changed.length > 0)
      await this.db.update(sessions).set(Object.fromEntries(changed)).where(eq(sessions.id, after.id));
    if (after.tags.length > 0) {
      const place = { freeSince: freeSince(after) };
      await this.db.update(sessionTags).set(place).where(eq(sessionTags.sessionId, after.id));
    }
    this.#count(before, -1);
    this.#count(after, 1);
    this.expect(after.stateUntil);
    if (becameFree(before, after)) this.freed += 1;
  }
}

function valuesOf(counts: readonly (readonly [string, number])[]): SQL {
  const rows = counts.map(([name, n]) => sql`(${name}::text, ${n}::bigint)`);
  return sql`VALUES ${sql.join(rows, sql`, `)}`;
}

/** Runs transactions over sessions, and announces their effects after the commit. */
export class PostgresUnitsOfWork {
  readonly #transactions: Transactions;
  readonly signals: Signals;

  constructor(transactions: Transactions, signals: Signals) {
    this.#transactions = transactions;
    this.signals = signals;
  }

  /** Runs `work` in one transaction, retrying it from the start if necessary. */
  async run<Result>(work: (unit: PostgresUnitOfWork) => Promise<Result>): Promise<Result> {
    const { result, effects } = await this.#transactions.run(async (client) => {
      const unit = new PostgresUnitOfWork(client);
      return { result: await work(unit), effects: await unit.finish((freed) => this.signals.freed(freed)) };
    });
    this.signals.committed(effects);
    return result;
  }

  /** Runs one statement that changes nothing. */
  read<Row extends QueryResultRow>(query: QueryConfig): Promise<Row[]> {
    return this.#transactions.statement<Row>(query, 'reads');
  }

  /** Runs one statement; `effects`: those of its rows. */
  async statement<Row extends QueryResultRow>(
    query: QueryConfig,
    effects: (rows: readonly Row[]) => CommitEffects | null = () => null,
  ): Promise<Row[]> {
    const rows = await this.#transactions.statement<Row>(query);
    const committed = effects(rows);
    if (committed) this.signals.committed(committed);
    return rows;
  }
}
