import { eq, type SQL, sql } from 'drizzle-orm';
import type { PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { passedDeadline } from '../../pool/lease_decisions.js';
import {
  applyEvent,
  becameFree,
  countsOf,
  freeSince,
  type HistoryEntry,
  type PoolColumns,
} from '../../pool/session_state.js';
import type { PoolEvent } from '../../pool/states.js';
import type { PoolNotice } from '../../pool/store.js';
import { MAX_NOTICES } from '../bounds.js';
import type { SessionRow } from '../tables.js';
import type { NamedLock, NewSessionRow, RowLock, UnitOfWork } from '../unit_of_work.js';
import { CHANNEL, MAX_PAYLOAD_CHARACTERS } from './channel.js';
import { builderOf, type Db } from './connect.js';
import { addToCounts } from './counters.js';
import { lockNamed } from './locks.js';
import { history, sessions, sessionTags, tables } from './schema.js';
import type { Signals } from './signals.js';
import type { Transactions } from './transaction.js';

/** A query that selects rows, before it is run. */
interface Lockable {
  for(strength: string, config?: { readonly skipLocked: true }): unknown;
}

/** Rows of history that one statement writes. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * One transaction over sessions, and the one door through which they change state in it: the transition table
 * decides. Counts and history are written at its end, so that the rows that all share are locked last.
 */
export class PostgresUnitOfWork implements UnitOfWork {
  readonly client: PoolClient;
  readonly db: Db;
  readonly tables = tables;
  /** Sessions that became free. */
  freed = 0;
  #deadline = Number.POSITIVE_INFINITY;
  readonly #counts = new Map<string, number>();
  readonly #entries: (typeof history.$inferInsert)[] = [];
  readonly #notices: PoolNotice[] = [];

  constructor(client: PoolClient) {
    this.client = client;
    this.db = builderOf(client);
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

  /** The row, locked until the transaction ends and as it stands at `now`. */
  byId(id: number, now: number): Promise<SessionRow | undefined> {
    return this.#locked(eq(sessions.id, id), now);
  }

  /** As `byId`, by name. */
  byName(name: string, now: number): Promise<SessionRow | undefined> {
    return this.#locked(eq(sessions.name, name), now);
  }

  async insert(values: NewSessionRow): Promise<SessionRow> {
    const [row] = await this.db.insert(sessions).values(values).returning();
    if (!row) throw new Error(`no row was made of ${values.name}`);
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

  /** Lets `event` happen to a locked row: the row as it is then; null where the table says that nothing changes. */
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

  /** Carries out what a locked row's deadline brings, if it has passed by `now`. */
  async applyExpired(row: SessionRow, now: number): Promise<SessionRow> {
    const due = passedDeadline(row, now);
    return due === null ? row : ((await this.applyEvent(row, due.event, due.changes, due.entry)) ?? row);
  }

  /** Adds the row to (1) or takes it from (-1) the counts. */
  #count(row: Pick<SessionRow, 'state' | 'limited' | 'leaseHolder'>, sign: 1 | -1): void {
    for (const name of countsOf(row)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + sign);
  }

  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void {
    this.#entries.push({ sessionId: row.id, leaseId: row.leaseId, ...entry });
    const { at, event, detail = null } = entry;
    if (this.#notices.length < MAX_NOTICES) {
      this.#notices.push({ sessionId: row.id, sessionName: row.name, at, event, detail });
    }
  }

  /** Adds what a statement of its own brought, which has written history and counts itself. */
  tell({ notices, deadline }: CommitEffects): void {
    this.#notices.push(...notices);
    this.expect(deadline);
  }

  /** A deadline was set. */
  expect(until: number | null): void {
    if (until !== null) this.#deadline = Math.min(this.#deadline, until);
  }

  /** Writes what was gathered; the end of a transaction. `message`: what tells of so many freed sessions, if anything. */
  async finish(message: (freed: number) => string | null): Promise<CommitEffects> {
    for (let from = 0; from < this.#entries.length; from += ENTRIES_AT_ONCE) {
      await this.db.insert(history).values(this.#entries.slice(from, from + ENTRIES_AT_ONCE));
    }
    const changed = [...this.#counts].filter(([, n]) => n !== 0);
    if (changed.length > 0) await this.db.execute(addToCounts(valuesOf(changed)));
    const told = this.freed > 0 ? message(this.freed) : null;
    if (told !== null) await this.db.execute(sql`SELECT pg_notify(${CHANNEL}, ${told})`);
    return { freed: this.freed, notices: this.#notices, deadline: this.#deadline, told: told !== null };
  }

  async #locked(condition: SQL, now: number): Promise<SessionRow | undefined> {
    const [row] = await this.db.select().from(sessions).where(condition).for('update');
    return row && this.applyExpired(row, now);
  }

  async #save(before: SessionRow, after: SessionRow): Promise<void> {
    const { state, stateReason, stateUntil, limited, lastUsedAt } = after;
    const { leaseId, leaseHolder, leaseAddress, leaseTtlSeconds, leaseRenewed } = after;
    const lease = { leaseId, leaseHolder, leaseAddress, leaseTtlSeconds, leaseRenewed };
    const { cooldownUntil, unreleased, suspectedAt } = after;
    await this.db
      .update(sessions)
      .set({
        state,
        stateReason,
        stateUntil,
        limited,
        lastUsedAt,
        ...lease,
        cooldownUntil,
        unreleased,
        suspectedAt,
      })
      .where(eq(sessions.id, after.id));
    if (after.tags.length > 0) {
      const place = { freeSince: freeSince(after) };
      await this.db.update(sessionTags).set(place).where(eq(sessionTags.sessionId, after.id));
    }
    this.#count(before, -1);
    this.#count(after, 1);
    this.expect(stateUntil);
    if (becameFree(before, after)) this.freed += 1;
  }
}

function valuesOf(counts: readonly (readonly [string, number])[]): SQL {
  const rows = counts.map(([name, n]) => sql`(${name}::text, ${n}::bigint)`);
  return sql`VALUES ${sql.join(rows, sql`, `)}`;
}

/** Runs transactions over sessions, and tells what they brought once it is so. */
export class PostgresUnitsOfWork {
  readonly #transactions: Transactions;
  readonly signals: Signals;

  constructor(transactions: Transactions, signals: Signals) {
    this.#transactions = transactions;
    this.signals = signals;
  }

  /** Runs `work` in one transaction, from the start again if need be. */
  async run<Result>(work: (unit: PostgresUnitOfWork) => Promise<Result>): Promise<Result> {
    const { result, news } = await this.#transactions.run(async (client) => {
      const unit = new PostgresUnitOfWork(client);
      return { result: await work(unit), news: await unit.finish((freed) => this.signals.freed(freed)) };
    });
    this.signals.committed(news);
    return result;
  }

  /** Runs one statement that changes nothing. */
  read<Row extends QueryResultRow>(query: QueryConfig): Promise<Row[]> {
    return this.#transactions.statement<Row>(query, 'reads');
  }

  /** Runs one statement; `news`: what its rows brought. */
  async statement<Row extends QueryResultRow>(
    query: QueryConfig,
    news: (rows: readonly Row[]) => CommitEffects | null = () => null,
  ): Promise<Row[]> {
    const rows = await this.#transactions.statement<Row>(query);
    const told = news(rows);
    if (told) this.signals.committed(told);
    return rows;
  }
}

/** What a transaction brought that others wait for. */
export interface CommitEffects {
  /** Sessions that became free. */
  readonly freed: number;
  readonly notices: readonly PoolNotice[];
  /** The earliest deadline that it set, in milliseconds on the service's clock; Infinity: none. */
  readonly deadline: number;
  /** Whether the transaction itself told the other replicas that sessions became free. */
  readonly told?: boolean;
}

/** CommitEffects as they go through the server. */
export interface Told {
  readonly notices: readonly PoolNotice[];
  /** Null: none. */
  readonly deadline: number | null;
}

/** The news but for what became free, in as many messages as they take. A notice that fits into none is left out. */
export function pagesOf(notices: readonly PoolNotice[], deadline: number): Told[] {
  const pages: PoolNotice[][] = [[]];
  let room = MAX_PAYLOAD_CHARACTERS;
  for (const notice of notices) {
    const letters = lettersOf(notice);
    if (letters > MAX_PAYLOAD_CHARACTERS) continue;
    if (letters > room) {
      pages.push([]);
      room = MAX_PAYLOAD_CHARACTERS;
    }
    pages.at(-1)?.push(notice);
    room -= letters + 1;
  }
  return pages.map((page) => ({ notices: page, deadline: Number.isFinite(deadline) ? deadline : null }));
}

/** In ASCII, where a letter beyond it takes six. */
function lettersOf(notice: PoolNotice): number {
  const json = JSON.stringify(notice);
  return json.length + 5 * (json.match(/[\u0080-\uffff]/g)?.length ?? 0);
}
