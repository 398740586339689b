import { eq, type SQL, sql } from 'drizzle-orm';
import type { PoolClient } from 'pg';
import { passedDeadline } from '../../pool/lease_expiry.js';
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
import { builderOf, type Db } from './connection.js';
import { CHANNEL } from './listener.js';
import type { News } from './news.js';
import { history, sessions, sessionTags } from './schema.js';
import { addToCounts } from './tallies.js';

export type SessionRow = typeof sessions.$inferSelect;

/** More than a transaction of leases brings; a large sync brings more, and is told by its counts. */
const MOST_NOTICES = 600;

/** Rows of history that one statement writes. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * One transaction over sessions, and the one door through which they change state in it: the transition table
 * decides. Counts and history are written at its end, so that the rows that all share are locked last.
 */
export class Unit {
  readonly client: PoolClient;
  readonly db: Db;
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

  /** The row, locked until the transaction ends and as it stands at `now`. */
  byId(id: number, now: number): Promise<SessionRow | undefined> {
    return this.#locked(eq(sessions.id, id), now);
  }

  /** As `byId`, by name. */
  byName(name: string, now: number): Promise<SessionRow | undefined> {
    return this.#locked(eq(sessions.name, name), now);
  }

  /** Lets `event` happen to a locked row: the row as it is then; null where the table says that nothing changes. */
  async happen(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): Promise<SessionRow | null> {
    const after = applyEvent(row, event, changes, entry.at);
    if (after === null) return null;
    await this.#save(row, after);
    this.note(after, entry);
    return after;
  }

  /** Writes pool columns of a locked row. */
  async write(row: SessionRow, changes: Partial<PoolColumns>): Promise<SessionRow> {
    const after = { ...row, ...changes };
    await this.#save(row, after);
    return after;
  }

  /** Carries out what a locked row's deadline brings, if it has passed by `now`. */
  async pass(row: SessionRow, now: number): Promise<SessionRow> {
    const due = passedDeadline(row, now);
    return due === null ? row : ((await this.happen(row, due.event, due.changes, due.entry)) ?? row);
  }

  /** Adds the row to (1) or takes it from (-1) the counts. */
  count(row: Pick<SessionRow, 'state' | 'limited' | 'leaseHolder'>, sign: 1 | -1): void {
    for (const name of countsOf(row)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + sign);
  }

  note(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void {
    this.#entries.push({ sessionId: row.id, leaseId: row.leaseId, ...entry });
    const { at, event, detail = null } = entry;
    if (this.#notices.length < MOST_NOTICES) {
      this.#notices.push({ sessionId: row.id, sessionName: row.name, at, event, detail });
    }
  }

  /** Adds what a statement of its own brought, which has written history and counts itself. */
  tell({ notices, deadline }: News): void {
    this.#notices.push(...notices);
    this.expect(deadline);
  }

  /** A deadline was set. */
  expect(until: number | null): void {
    if (until !== null) this.#deadline = Math.min(this.#deadline, until);
  }

  /** Writes what was gathered; the end of a transaction. `message`: what tells of so many freed sessions, if anything. */
  async finish(message: (freed: number) => string | null): Promise<News> {
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
    return row && this.pass(row, now);
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
    this.count(before, -1);
    this.count(after, 1);
    this.expect(stateUntil);
    if (becameFree(before, after)) this.freed += 1;
  }
}

function valuesOf(counts: readonly (readonly [string, number])[]): SQL {
  const rows = counts.map(([name, n]) => sql`(${name}::text, ${n}::bigint)`);
  return sql`VALUES ${sql.join(rows, sql`, `)}`;
}
