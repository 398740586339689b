import { eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
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
import type { Counts } from './counters.js';
import { history, sessions, sessionTags } from './schema.js';

/**
 * The only way in which a session changes state: the transition table decides, and the row, its tags, the counters
 * and the history change together.
 */
export class SessionRows {
  readonly #byId;
  readonly #byName;
  readonly #save;
  readonly #saveTags;
  readonly #counts: Counts;
  readonly #history: HistoryRows;
  /** Sessions that became free since this was last set to 0. */
  freed = 0;
  /** The events since this was last emptied: the first few hundred. */
  notices: PoolNotice[] = [];
  /** No deadline is earlier than this; 0: unknown. */
  nextDeadline = 0;

  constructor(db: BetterSQLite3Database, counts: Counts, history: HistoryRows) {
    this.#counts = counts;
    this.#history = history;
    const all = db.select().from(sessions);
    this.#byId = all.where(eq(sessions.id, sql.placeholder('id'))).prepare();
    this.#byName = db
      .select()
      .from(sessions)
      .where(eq(sessions.name, sql.placeholder('name')))
      .prepare();
    this.#save = db
      .update(sessions)
      .set({
        state: sql`${sql.placeholder('state')}`,
        stateReason: sql`${sql.placeholder('stateReason')}`,
        stateUntil: sql`${sql.placeholder('stateUntil')}`,
        methodFlooded: sql`${sql.placeholder('methodFlooded')}`,
        lastUsedAt: sql`${sql.placeholder('lastUsedAt')}`,
        leaseId: sql`${sql.placeholder('leaseId')}`,
        leaseHolder: sql`${sql.placeholder('leaseHolder')}`,
        leaseAddress: sql`${sql.placeholder('leaseAddress')}`,
        leaseTtlSeconds: sql`${sql.placeholder('leaseTtlSeconds')}`,
        leaseRenewed: sql`${sql.placeholder('leaseRenewed')}`,
        cooldownUntil: sql`${sql.placeholder('cooldownUntil')}`,
        unreleased: sql`${sql.placeholder('unreleased')}`,
        suspectedAt: sql`${sql.placeholder('suspectedAt')}`,
      })
      .where(eq(sessions.id, sql.placeholder('id')))
      .prepare();
    this.#saveTags = db
      .update(sessionTags)
      .set({ freeSince: sql`${sql.placeholder('freeSince')}` })
      .where(eq(sessionTags.sessionId, sql.placeholder('id')))
      .prepare();
  }

  byId(id: number): SessionRow | undefined {
    return this.#byId.get({ id });
  }

  byName(name: string): SessionRow | undefined {
    return this.#byName.get({ name });
  }

  /**
   * Applies `event` to the session. Null if the table says that it changes nothing (and nothing is written); else the
   * updated row.
   */
  applyEvent(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): SessionRow | null {
    const after = applyEvent(row, event, changes, entry.at);
    if (after === null) return null;
    const now = this.write(row, after);
    this.record(now, entry);
    return now;
  }

  /** Writes pool columns and updates counters, tags and deadlines accordingly. */
  write(row: SessionRow, changes: Partial<PoolColumns>): SessionRow {
    const now: SessionRow = { ...row, ...changes };
    this.#save.run({
      id: now.id,
      state: now.state,
      stateReason: now.stateReason,
      stateUntil: now.stateUntil,
      methodFlooded: Number(now.methodFlooded),
      lastUsedAt: now.lastUsedAt,
      leaseId: now.leaseId,
      leaseHolder: now.leaseHolder,
      leaseAddress: now.leaseAddress,
      leaseTtlSeconds: now.leaseTtlSeconds,
      leaseRenewed: Number(now.leaseRenewed),
      cooldownUntil: now.cooldownUntil,
      unreleased: now.unreleased.length === 0 ? '[]' : JSON.stringify(now.unreleased),
      suspectedAt: now.suspectedAt,
    });
    this.count(row, -1);
    this.count(now, 1);
    if (now.tags.length > 0) this.#saveTags.run({ id: now.id, freeSince: freeSince(now) });
    this.expect(now.stateUntil);
    if (becameFree(row, now)) this.freed += 1;
    return now;
  }

  /** Adds the row to the counters (1) or subtracts it (-1). */
  count(row: Pick<SessionRow, 'state' | 'methodFlooded' | 'leaseHolder'>, sign: 1 | -1): void {
    for (const name of countsOf(row)) this.#counts.add(name, sign);
  }

  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void {
    this.#history.add({ sessionId: row.id, leaseId: row.leaseId, ...entry });
    if (this.notices.length >= MAX_NOTICES) return;
    const { at, event, detail = null } = entry;
    this.notices.push({ sessionId: row.id, sessionName: row.name, at, event, detail });
  }

  /** Called when a deadline was set: passed deadlines must be checked by then. */
  expect(until: number | null): void {
    if (until !== null && until < this.nextDeadline) this.nextDeadline = until;
  }
}

export interface NewHistoryRow {
  readonly sessionId: number;
  readonly at: number;
  readonly event: string;
  readonly detail?: string | null;
  readonly leaseId?: string | null;
  readonly holder?: string | null;
}

/** The history of sessions, newest last. */
export class HistoryRows {
  readonly #insert;

  constructor(db: BetterSQLite3Database) {
    this.#insert = db
      .insert(history)
      .values({
        sessionId: sql.placeholder('sessionId'),
        at: sql.placeholder('at'),
        event: sql.placeholder('event'),
        detail: sql.placeholder('detail'),
        leaseId: sql.placeholder('leaseId'),
        holder: sql.placeholder('holder'),
      })
      .prepare();
  }

  add(entry: NewHistoryRow): void {
    this.#insert.run({ detail: null, leaseId: null, holder: null, ...entry });
  }
}
